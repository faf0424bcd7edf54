"""Components that were set or changed by hand are what every method works with."""

import numpy as np
import pytest
import scipy.sparse
import sklearn.decomposition
from scipy.optimize import nnls
from sklearn.exceptions import NotFittedError

from latentia import NMF

STILL = {"tol": 0, "max_iter": 9, "random_state": 0}
LOSSES = {
    "cd": {"tol": 1e-12, "max_iter": 3000},
    "mu": {"solver": "mu", "tol": 1e-9, "max_iter": 3000},
    "kl": {"solver": "mu", "beta_loss": 1.0, "tol": 1e-9, "max_iter": 3000},
}


@pytest.fixture
def H(start, X):
    return start(X.shape, 3)[1]


def by_hand(H, **parameters):
    nmf = NMF(3, **parameters)
    nmf.components_ = H
    return nmf


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_like_sklearn(X, H, loss, dtype, unconverged):
    """A model that never was fitted, from parameters alone."""
    theirs = sklearn.decomposition.NMF(3, **loss | {"tol": 1e-8})
    theirs.components_ = H
    theirs.n_components_ = 3
    expected = unconverged(theirs.transform, X)
    A, components = X.astype(dtype), H.astype(dtype)
    for given in (A, scipy.sparse.csr_array(A)):
        nmf = by_hand(components, **loss)
        W = unconverged(nmf.transform, given)
        np.testing.assert_allclose(W, expected, atol=2e-2)
        np.testing.assert_array_equal(nmf.inverse_transform(W), W @ components)
        items, scores = nmf.recommend(W, 4)
        np.testing.assert_array_equal(items, np.argsort(-W @ components)[:, :4])
        assert (np.diff(scores) <= 0).all()


@pytest.mark.parametrize("form", [list, np.asfortranarray, np.int64, np.float16])
def test_any_kind_of_matrix(X, form):
    H = np.arange(1, 52).reshape(3, 17) % 7
    given = (
        H.tolist() if form is list else H.astype(form) if form is np.int64 else form(H)
    )
    W = by_hand(given, tol=1e-12, max_iter=3000).transform(X)
    expected = np.array([nnls(H.T.astype(float), x)[0] for x in X])
    np.testing.assert_allclose(W, expected, atol=1e-4)


@pytest.mark.parametrize("in_place", [True, False])
def test_changed_after_a_fit(X, holes, stored, in_place):
    """Also where X is incomplete, and rows know nothing."""
    for A, missing in ((X, None), (holes(X), "nan"), (stored(holes(X)), "unobserved")):
        nmf = NMF(3, missing=missing, **STILL).fit(A)
        fresh = by_hand(10 * nmf.components_, missing=missing, **STILL)
        before = nmf.transform(A)
        if in_place:
            nmf.components_ *= 10
        else:
            nmf.components_ = 10 * nmf.components_
        W = nmf.transform(A)
        np.testing.assert_allclose(W, fresh.transform(A))
        if missing is None:
            np.testing.assert_allclose(W, before / 10, rtol=1e-6)
        nothing = np.full((1, 17), np.nan)
        if missing is not None:
            with pytest.raises(ValueError, match="no mean_weights_ for these"):
                nmf.transform(stored(nothing) if missing == "unobserved" else nothing)


def test_rows_without_entries_get_the_mean_of_the_others(X, holes, H):
    gappy = holes(X)
    gappy[[3, 7]] = np.nan
    W = by_hand(H, missing="nan", **STILL).transform(gappy)
    mean = np.delete(W, [3, 7], axis=0).mean(axis=0)
    np.testing.assert_allclose(W[[3, 7]], [mean, mean])
    # That was set by hand too.
    nmf = by_hand(H, missing="nan", **STILL)
    nmf.mean_weights_ = np.arange(3.0)
    np.testing.assert_array_equal(nmf.transform(gappy)[3], [0, 1, 2])
    nmf = NMF(3, missing="nan", **STILL).fit(gappy)
    nmf.components_, nmf.mean_weights_ = H, np.arange(3.0)
    np.testing.assert_array_equal(nmf.transform(gappy)[3], [0, 1, 2])


def test_cut_or_grown(X):
    nmf = NMF(3, **STILL).fit(X)
    nmf.components_ = nmf.components_[:2]
    assert nmf.transform(X).shape == (41, 2)
    assert list(nmf.get_feature_names_out()) == ["nmf0", "nmf1"]
    nmf.components_ = np.vstack([nmf.components_, np.ones((3, 17))])
    W = nmf.transform(X)
    assert nmf.inverse_transform(W).shape == X.shape


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_batches(X, H, loss):
    """Of other components nothing is remembered."""
    loss = {k: v for k, v in loss.items() if k in ("solver", "beta_loss")}
    nmf, fresh = NMF(3, **STILL, **loss).fit(X[:20]), by_hand(H, **STILL, **loss)
    nmf.components_ = H.copy()
    for one in (nmf, fresh):
        assert one.partial_fit(X[20:]) is one
        assert one.n_batches_seen_ == 2
    np.testing.assert_array_equal(nmf.components_, fresh.components_)
    np.testing.assert_allclose(fresh.mean_weights_, nmf.mean_weights_)
    for one in (nmf, fresh):
        one.partial_fit(X[:20])
    np.testing.assert_array_equal(nmf.components_, fresh.components_)
    assert fresh.n_iter_ == 2
    assert len(fresh.reconstruction_errs_) == 2


def test_files(X, H, tmp_path):
    path = tmp_path / "parts.safetensors"
    by_hand(H, **STILL).save(path)
    loaded = NMF.load(path)
    np.testing.assert_array_equal(loaded.components_, H)
    assert not hasattr(loaded, "mean_weights_")
    np.testing.assert_array_equal(
        loaded.partial_fit(X).components_,
        by_hand(H, **STILL).partial_fit(X).components_,
    )
    nmf = NMF(3, **STILL).fit(X)
    nmf.components_ *= 2
    nmf.save(path, overwrite=True)
    loaded = NMF.load(path)
    np.testing.assert_array_equal(loaded.components_, nmf.components_)
    np.testing.assert_array_equal(loaded.transform(X), nmf.transform(X))
    assert not hasattr(loaded, "mean_weights_")


WRONG = {
    "negative": (lambda H: -H, r"components_ must be finite and at least 0, got -"),
    "NaN": (lambda H: H * np.nan, r"components_ must be finite"),
    "one axis": (lambda H: H[0], r"components_ must be a matrix.*\(17,\)"),
    "empty": (lambda H: H[:0], r"components_ must be a matrix.*\(0, 17\)"),
    "text": (
        lambda H: np.full((3, 17), "a"),
        "components_ must be an array of numbers",
    ),
    "other features": (
        lambda H: H[:, :5],
        "17 features, but components_ has 5 columns",
    ),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_factor(X, H, make, message):
    for nmf in (by_hand(make(H), **STILL), NMF(3, **STILL).fit(X)):
        nmf.components_ = make(H)
        for method in ("transform", "partial_fit"):
            with pytest.raises((TypeError, ValueError), match=message):
                getattr(nmf, method)(X)


def test_nothing_was_set(X):
    for method in ("transform", "recommend", "inverse_transform", "save"):
        with pytest.raises(NotFittedError):
            getattr(NMF(3), method)(X)
