"""Losses by name, and starts that do not fit."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import NMF


def test_wrong_parameters_since_the_fit(X):
    """What uses a model looks at them too."""
    for name, value in (("solver", "x"), ("max_iter", 0), ("missing", 3)):
        nmf = NMF(2, tol=0, max_iter=5).fit(X).set_params(**{name: value})
        for use in (nmf.transform, nmf.partial_fit):
            with pytest.raises(ValueError, match=name):
                use(X)


@pytest.mark.parametrize(
    ("name", "beta"),
    [
        ("frobenius", 2),
        ("kullback-leibler", 1),
        ("itakura-saito", 0),
        ("kl", 1),
        ("is", 0),
    ],
)
def test_names_of_losses(X, name, beta):
    settings = {"solver": "mu", "tol": 0, "max_iter": 5}
    named = NMF(3, beta_loss=name, **settings).fit(X)
    for value in (beta, float(beta), np.int64(beta), np.float32(beta)):
        same = NMF(3, beta_loss=value, **settings).fit(X)
        np.testing.assert_array_equal(same.components_, named.components_)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("init", "NNDSVD", "nndsvd"),
        ("beta_loss", "kullback_leibler", "kullback-leibler"),
        ("beta_loss", "itakura", "itakura-saito"),
        ("missing", "unobserve", "unobserved"),
    ],
)
def test_a_similar_choice_is_suggested(X, name, value, meant):
    nmf = NMF(2, solver="mu").set_params(**{name: value})
    expected = f"{name} must be one of .* got '{value}'; did you mean '{meant}'"
    with pytest.raises(ValueError, match=expected):
        nmf.fit(X)


@pytest.mark.parametrize("solver", ["cd", "hals"])
@pytest.mark.parametrize("loss", ["kullback-leibler", "kl", 1, 0.0, 2.5])
def test_losses_of_coordinate_descent(X, solver, loss):
    with pytest.raises(ValueError, match=r"beta_loss=.* needs solver='mu'"):
        NMF(3, solver=solver, beta_loss=loss).fit(X)
    for two in (2, 2.0, "frobenius"):
        NMF(3, solver=solver, beta_loss=two, tol=0, max_iter=2).fit(X)


def test_starts_that_need_all_entries(X, holes, stored):
    for init in ("nndsvd", "nndsvda", "nndsvdar"):
        for A, missing in ((holes(X), "nan"), (stored(holes(X)), "unobserved")):
            with pytest.raises(ValueError, match=rf"init='{init}' needs all entries"):
                NMF(3, init=init, missing=missing).fit(A)


RIGHT = {"W": np.ones((41, 3)), "H": np.ones((3, 17))}


def negative(shape):
    factor = np.ones(shape)
    factor[2, 1] = -0.5
    return factor


WRONG_STARTS = {
    "few rows": (lambda s: np.ones((s[0] - 1, s[1])), "must have the shape"),
    "few columns": (lambda s: np.ones((s[0], s[1] - 1)), "must have the shape"),
    "one axis": (lambda s: np.ones(s[0]), "must have the shape"),
    "a number": (lambda s: 3.0, "must have the shape"),
    "negative": (negative, r"got -0\.5 at \(2, 1\)"),
    "NaN": (lambda s: np.full(s, np.nan), r"finite.*got nan at \(0, 0\)"),
    "infinite": (lambda s: np.full(s, np.inf), r"finite.*got inf at \(0, 0\)"),
    "zero": (np.zeros, "full of zeros"),
    "complex": (lambda s: np.ones(s) * 1j, "must be an array of numbers"),
    "text": (lambda s: np.full(s, "a"), "must be an array of numbers"),
    "ragged": (lambda s: [[0], [1, 2]], "must be an array of numbers"),
    "sparse": (
        lambda s: scipy.sparse.csr_array(np.ones(s)),
        "must be an array of numbers",
    ),
}


@pytest.mark.parametrize(
    ("make", "message"), WRONG_STARTS.values(), ids=list(WRONG_STARTS)
)
@pytest.mark.parametrize("name", ["W", "H"])
def test_wrong_starts(X, name, make, message):
    for given in (RIGHT, {}):  # next to the other, and alone
        nmf = NMF(3, init="custom")
        before = vars(nmf).copy()
        factors = given | {name: make(RIGHT[name].shape)}
        with pytest.raises((TypeError, ValueError), match=f"{name} .*{message}"):
            nmf.fit(X, **factors)
        assert vars(nmf) == before


def test_what_is_not_negative_is_not_called_so(X):
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match="H must be finite") as caught:
            NMF(3, init="custom").fit(X, H=np.full((3, 17), wrong))
        assert "Negative" not in str(caught.value)


def test_a_custom_start_needs_one(X):
    with pytest.raises(ValueError, match=r"init='custom' needs W or H"):
        NMF(3, init="custom").fit(X)


@pytest.mark.parametrize("init", [None, "random", "nndsvda"])
def test_starts_that_are_not_asked_for(X, init):
    plain = NMF(3, init=init, tol=0, max_iter=3, random_state=0)
    expected = plain.fit_transform(X)
    for given in (RIGHT, {"W": RIGHT["W"]}, {"H": RIGHT["H"]}):
        with pytest.warns(RuntimeWarning, match="W and H are not used with init="):
            found = plain.fit_transform(X, **given)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("form", ["array", "list", "frame", "float32", "fortran"])
def test_forms_of_starts(X, start, form, dtype):
    """None of them is written to."""
    W, H = start(X.shape, 3)
    make = {
        "array": np.array,
        "list": np.ndarray.tolist,
        "frame": pd.DataFrame,
        "float32": lambda factor: factor.astype(np.float32),
        "fortran": np.asfortranarray,
    }[form]
    given = [make(factor) for factor in (W, H)]
    for factor in given:
        if isinstance(factor, np.ndarray):
            factor.flags.writeable = False
    nmf = NMF(3, init="custom", solver="mu", tol=0, max_iter=4)
    found = nmf.fit_transform(X.astype(dtype), W=given[0], H=given[1])
    assert found.dtype == dtype
    expected = nmf.fit_transform(X, W=W, H=H)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    for factor, original in zip(given, (W, H), strict=True):
        np.testing.assert_array_equal(
            np.asarray(factor), original.astype(np.asarray(factor).dtype)
        )


def test_one_factor_to_begin_with(X, start, solver):
    """The other is left to chance."""
    W, H = start(X.shape, 3)
    for given in ({"W": W}, {"H": H}):
        settings = {"init": "custom", "tol": 0, "max_iter": 9, **solver}
        fits = [NMF(3, random_state=seed, **settings) for seed in (0, 0, 1)]
        found = [nmf.fit_transform(X, **given) for nmf in fits]
        np.testing.assert_array_equal(found[0], found[1])
        assert not np.array_equal(found[0], found[2])
