"""Some rows of H are given and stay; all of them: W alone is looked for."""

import numpy as np
import pytest
import scipy.sparse
import sklearn.decomposition
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import latentia
from latentia import NMF, cross_validate_rank, non_negative_factorization

STILL = {"tol": 0, "max_iter": 60, "random_state": 0}


@pytest.fixture
def parts(X):
    return np.random.default_rng(5).uniform(0.1, 1, (2, X.shape[1]))


def test_they_stay_and_the_others_are_learnt(X, parts, solver, form, in_form, dtype):
    A, _, parameters = in_form(X.astype(dtype), form, zeros=solver["solver"] == "cd")
    given = parts.astype(dtype)
    nmf = NMF(4, fixed_components=given, **STILL, **solver, **parameters)
    W = nmf.fit_transform(A)
    np.testing.assert_array_equal(nmf.components_[:2], given)
    assert nmf.components_.dtype == dtype
    errors = nmf.reconstruction_errs_
    assert errors[-1] < errors[0]
    if not parameters:
        assert (np.diff(errors) <= 1e-4 * errors[0]).all()
        expected = np.linalg.norm(X - W @ nmf.components_)
        if solver.get("beta_loss", 2.0) == 2.0 and form == "dense":
            assert nmf.reconstruction_err_ == pytest.approx(expected, rel=1e-3)
    nmf.partial_fit(A)
    np.testing.assert_array_equal(nmf.components_[:2], given)


@pytest.mark.parametrize("gappy", [False, True])
def test_coordinate_descent_ends_at_the_best(X, parts, holes, gappy):
    """No step is left in what is learnt; W is least squares."""
    A = holes(X) if gappy else X
    nmf = NMF(3, fixed_components=parts, missing="nan", alpha_W=0)
    nmf.set_params(tol=0, max_iter=4000, random_state=0)
    W = nmf.fit_transform(A)
    H, known = nmf.components_, ~np.isnan(A)
    residual = np.where(known, W @ H - np.nan_to_num(A), 0)
    slope = (W.T @ residual)[2]
    assert np.abs(np.minimum(H[2], slope)).max() < 1e-4
    rows = zip(A, known, strict=True)
    best = np.array([nnls(H[:, there].T, row[there])[0] for row, there in rows])
    np.testing.assert_allclose(W, best, atol=1e-4)


def test_a_known_part_is_found_again(made):
    """With the true spectra of two of three sources the third is that of X."""
    rng = np.random.default_rng(0)
    W, H = rng.gamma(0.5, 1, (200, 3)), rng.gamma(0.5, 1, (3, 40))
    nmf = NMF(3, fixed_components=H[:2], tol=0, max_iter=500, random_state=0)
    found = nmf.fit_transform(W @ H)
    np.testing.assert_allclose(found[:, :2], W[:, :2], atol=0.02)
    third = nmf.components_[2] / nmf.components_[2].max()
    np.testing.assert_allclose(third, H[2] / H[2].max(), atol=0.02)


@pytest.mark.parametrize("init", [None, "random", "nndsvd", "nndsvda", "nndsvdar"])
def test_every_start(X, parts, init):
    nmf = NMF(4, fixed_components=parts, init=init, **STILL).fit(X)
    np.testing.assert_array_equal(nmf.components_[:2], parts)
    shuffled = NMF(4, fixed_components=parts, init=init, shuffle=True, **STILL).fit(X)
    np.testing.assert_array_equal(shuffled.components_[:2], parts)


def test_penalties_do_not_touch_them(X, parts):
    for solver in ("cd", "mu"):
        nmf = NMF(4, fixed_components=parts, alpha_W=1.0, l1_ratio=1.0, solver=solver)
        nmf.set_params(**STILL).fit(X)
        np.testing.assert_array_equal(nmf.components_[:2], parts)


def test_other_scales_and_unknown_columns(X, parts, holes):
    for scale in (1e-200, 1e200):
        nmf = NMF(4, fixed_components=parts * 3, **STILL).fit(X * scale)
        np.testing.assert_array_equal(nmf.components_[:2], parts * 3)
    gappy = holes(X)
    gappy[:, 4] = np.nan
    nmf = NMF(4, fixed_components=parts, missing="nan", **STILL).fit(gappy)
    np.testing.assert_array_equal(nmf.components_[:2], parts)


def test_as_a_parameter(X, parts, tmp_path):
    nmf = NMF(4, fixed_components=parts, **STILL).fit(X)
    copy = clone(nmf)
    np.testing.assert_array_equal(copy.fixed_components, parts)
    np.testing.assert_array_equal(copy.fit(X).components_, nmf.components_)
    path = tmp_path / "parts.safetensors"
    nmf.save(path)
    loaded = NMF.load(path)
    np.testing.assert_array_equal(loaded.fit(X).components_, nmf.components_)
    as_list = NMF(4, fixed_components=parts.tolist(), **STILL).fit(X)
    np.testing.assert_array_equal(as_list.components_, nmf.components_)
    cross_validate_rank(X, [2, 3], fixed_components=parts, random_state=0)


def test_blocks(X, parts, in_blocks):
    nmf = NMF(4, fixed_components=parts, **STILL)
    W = nmf.fit_transform(X)
    H = nmf.components_
    V = nmf.fit_transform(in_blocks(X, [0, 9, 41]))
    np.testing.assert_allclose(nmf.components_, H, rtol=1e-6)
    np.testing.assert_allclose(V, W, rtol=1e-6)


WRONG = {
    "too many": (lambda p: np.ones((4, 17)), "at most n_components=3 rows, got 4"),
    "too wide": (lambda p: p[:, :5], r"\(n_fixed, 17\), got \(2, 5\)"),
    "one axis": (lambda p: p[0], r"\(n_fixed, 17\), got \(17,\)"),
    "negative": (lambda p: -p, "fixed_components must be finite and at least 0"),
    "text": (lambda p: np.full((2, 17), "a"), "fixed_components must be an array"),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_wrong_parts(X, parts, make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        NMF(3, fixed_components=make(parts)).fit(X)


@pytest.mark.parametrize("solver", ["cd", "mu"])
@pytest.mark.parametrize("beta_loss", ["frobenius", "kullback-leibler"])
def test_the_function_with_H_held(X, start, solver, beta_loss, unconverged):
    """scikit-learn's, with its arguments."""
    if solver == "cd" and beta_loss != "frobenius":
        pytest.skip("coordinate descent is for the Frobenius loss")
    H = start(X.shape, 3)[1]
    options = {"solver": solver, "beta_loss": beta_loss, "tol": 1e-9, "max_iter": 4000}
    theirs, _, _ = unconverged(
        sklearn.decomposition.non_negative_factorization,
        *(X, None, H),
        n_components=3,
        update_H=False,
        **options,
    )
    for A in (X, scipy.sparse.csr_array(X)):
        W, held, n_iter = unconverged(
            non_negative_factorization, A, None, H, 3, update_H=False, **options
        )
        np.testing.assert_allclose(W, theirs, atol=2e-3)
        np.testing.assert_array_equal(held, H)
        assert n_iter >= 1
    nmf = NMF(3, **options)
    nmf.components_ = H
    np.testing.assert_array_equal(unconverged(nmf.transform, A), W)
    assert (
        latentia.decomposition.non_negative_factorization is non_negative_factorization
    )


def test_the_function_is_the_estimator(X, start):
    W0, H0 = start(X.shape, 3)
    W, H, n_iter = non_negative_factorization(X, n_components=3, **STILL)
    nmf = NMF(3, **STILL)
    np.testing.assert_array_equal(nmf.fit_transform(X), W)
    np.testing.assert_array_equal(nmf.components_, H)
    assert n_iter == nmf.n_iter_ == 60
    W, H, _ = non_negative_factorization(X, W0, H0, init="custom", **STILL)
    nmf = NMF(init="custom", **STILL)
    np.testing.assert_array_equal(nmf.fit_transform(X, W=W0, H=H0), W)


def test_the_function_refuses(X, start):
    H = start(X.shape, 3)[1]
    with pytest.raises(ValueError, match=r"H must be a matrix of shape .* got None"):
        non_negative_factorization(X, n_components=3, update_H=False)
    with pytest.raises(ValueError, match="H must have n_components=4 rows, got 3"):
        non_negative_factorization(X, H=H, n_components=4, update_H=False)
    with pytest.raises(TypeError, match="update_H"):
        non_negative_factorization(X, H=H, update_H="no")
    with pytest.warns(RuntimeWarning, match="W is not used"):
        non_negative_factorization(X, np.ones((41, 3)), H, update_H=False)


def test_iterations_of_transform(X, parts):
    """Are those of fit unless they are asked for."""
    nmf = NMF(3, **STILL).fit(X)
    exact = nmf.set_params(transform_max_iter=5000, transform_tol=1e-12).transform(X)
    best = [nnls(nmf.components_.T, x)[0] for x in X]
    np.testing.assert_allclose(exact, best, atol=1e-6)
    nmf.set_params(transform_max_iter=1, transform_tol=1e-12)
    with pytest.warns(ConvergenceWarning, match="iterations 1 reached"):
        rough = nmf.transform(X)
    assert np.abs(rough - exact).max() > 1e-3
    np.testing.assert_array_equal(
        nmf.fit(X).components_, NMF(3, **STILL).fit(X).components_
    )
    for name, value in (("transform_max_iter", 0), ("transform_tol", -1)):
        with pytest.raises(ValueError, match=name):
            NMF(3, **{name: value}).fit(X)
