"""Entries that nobody knows, against NumPy that leaves them out."""

import numpy as np
import pytest
import scipy.sparse
from scipy.optimize import nnls

from latentia import NMF
from latentia._native import kernels
from latentia.benchmarks.reference_numpy.beta_divergence import divergence
from latentia.benchmarks.reference_numpy.nmf import Penalty, multiplicative_nmf

PENALTIES = [{"alpha_W": 0.0}, {"alpha_W": 0.02, "alpha_H": 0.01, "l1_ratio": 0.4}]


def forms(gappy, stored):
    """NaN in dense rows; entries that are not stored; NaN among stored ones."""
    marked = stored(np.where(np.isnan(gappy), -1, gappy))
    marked.data[marked.data < 0] = np.nan
    return [
        (gappy, "nan"),
        (gappy, "unobserved"),
        (stored(gappy), "unobserved"),
        (marked, "unobserved"),
    ]


def priced(known, p):
    """scikit-learn's penalties, with the mean number of observed entries."""
    if len(p) == 1:
        return {}
    (m, n), count = known.shape, known.sum()
    ratio = p["l1_ratio"]

    def of(alpha, length):
        price = alpha * count / length
        return Penalty(price * ratio, price * (1 - ratio))

    return {"penalty_W": of(p["alpha_W"], m), "penalty_H": of(p["alpha_H"], n)}


@pytest.mark.parametrize("penalty", PENALTIES, ids=["no penalty", "penalty"])
def test_multiplicative_updates(X, holes, stored, start, beta, penalty):
    gappy = holes(X)
    known = ~np.isnan(gappy)
    W, H = start(X.shape, 3)
    exact = multiplicative_nmf(
        gappy, W, H, n_iter=8, beta=beta, known=known, **priced(known, penalty)
    )
    for A, missing in forms(gappy, stored):
        nmf = NMF(
            3,
            init="custom",
            solver="mu",
            beta_loss=beta,
            tol=0,
            max_iter=8,
            missing=missing,
            **penalty,
        )
        np.testing.assert_allclose(nmf.fit_transform(A, W=W, H=H), exact.W, rtol=1e-9)
        np.testing.assert_allclose(nmf.components_, exact.H, rtol=1e-9)
        first = np.sqrt(2 * divergence(gappy, W, H, beta, known))
        last = np.sqrt(2 * divergence(gappy, *exact, beta, known))
        errors = nmf.reconstruction_errs_[[0, -1]]
        np.testing.assert_allclose(errors, [first, last], rtol=1e-9)


def by_nnls(gappy, H):
    known = ~np.isnan(gappy)
    rows = zip(gappy, known, strict=True)
    return np.array([nnls(H[:, there].T, row[there])[0] for row, there in rows])


def test_coordinate_descent_is_least_squares(X, holes, stored, unconverged):
    """W by rows and H by columns, each given the other."""
    gappy = holes(X)
    for A, missing in forms(gappy, stored):
        nmf = NMF(3, alpha_W=0, tol=0, max_iter=4000, random_state=0, missing=missing)
        W = nmf.fit_transform(A)
        H = nmf.components_
        np.testing.assert_allclose(W, by_nnls(gappy, H), atol=1e-5)
        np.testing.assert_allclose(H, by_nnls(gappy.T, W.T).T, atol=1e-5)
        encoded = unconverged(nmf.set_params(tol=1e-12).transform, A)
        np.testing.assert_allclose(encoded, by_nnls(gappy, H), atol=1e-8)


def test_penalised_coordinate_descent(X, holes):
    """No step is left: x ≥ 0, slope ≥ 0, and one of both is 0."""
    gappy = holes(X)
    known = ~np.isnan(gappy)
    parameters = PENALTIES[1]
    settings = {"tol": 0, "max_iter": 3000, "random_state": 0, "missing": "nan"}
    nmf = NMF(3, **settings, **parameters)
    W, H = nmf.fit_transform(gappy), nmf.components_
    residual = np.where(known, W @ H - gappy, 0)
    of_W, of_H = priced(known, parameters).values()
    for factor, slope in (
        (W, residual @ H.T + of_W.l1 + of_W.l2 * W),
        (H, W.T @ residual + of_H.l1 + of_H.l2 * H),
    ):
        assert np.abs(np.minimum(factor, slope)).max() < 1e-4


def test_nothing_missing_is_nothing_else(X, solver):
    """A complete X is one, whatever it might have told."""
    fits = [
        NMF(3, tol=0, max_iter=9, random_state=0, missing=missing, **solver)
        for missing in ("nan", "unobserved", None)
    ]
    W = [nmf.fit_transform(X) for nmf in fits]
    np.testing.assert_array_equal(W[0], W[1])
    np.testing.assert_array_equal(W[0], W[2])


def test_unstored_entries_are_zeros(X):
    """Unless it is told that what it does not store is unknown."""
    A = np.where(X > 1, X, 0)
    sparse = scipy.sparse.csr_array(A)
    settings = {"solver": "mu", "init": "random", "random_state": 0, "tol": 0}
    for missing in ("nan", None):
        W = NMF(3, missing=missing, **settings).fit_transform(sparse)
        np.testing.assert_allclose(W, NMF(3, **settings).fit_transform(A), atol=1e-9)
    other = NMF(3, missing="unobserved", **settings).fit_transform(sparse)
    assert np.abs(other - W).max() > 1e-2


def test_stored_zeros_are_observed(X, stored):
    A = np.where(X > 2, np.nan, np.where(X < 0.7, 0, X))
    assert (A == 0).any()
    settings = {"tol": 0, "max_iter": 9, "random_state": 0}
    for extra in ({}, {"solver": "mu"}, {"solver": "mu", "beta_loss": 1.0}):
        dense = NMF(3, missing="nan", **settings, **extra).fit(A)
        sparse = NMF(3, missing="unobserved", **settings, **extra).fit(stored(A))
        np.testing.assert_array_equal(dense.components_, sparse.components_)


def test_rows_and_columns_without_entries(X, holes, stored, solver, assert_factors):
    """They get the mean of the others."""
    gappy = holes(X)
    gappy[[4, 40]] = np.nan
    gappy[:, 7] = np.nan
    for A, missing in forms(gappy, stored):
        nmf = NMF(3, tol=0, max_iter=20, random_state=0, missing=missing, **solver)
        W = nmf.fit_transform(A)
        H = nmf.components_
        assert_factors(W, H)
        mean = np.delete(W, [4, 40], axis=0).mean(axis=0)
        np.testing.assert_allclose(W[[4, 40]], [mean, mean], rtol=1e-12)
        np.testing.assert_allclose(nmf.mean_weights_, mean, rtol=1e-12)
        others = np.delete(H, 7, axis=1).mean(axis=1)
        np.testing.assert_allclose(H[:, 7], others, rtol=1e-12)
        encoded = nmf.transform(A)
        np.testing.assert_allclose(encoded[[4, 40]], [mean, mean], rtol=1e-12)


def test_a_new_row_without_entries(X, holes, stored):
    """Alone too: nobody else need come with it."""
    nmf = NMF(3, missing="nan", tol=0, max_iter=20, random_state=0).fit(holes(X))
    W = nmf.transform(np.full((1, 17), np.nan))
    np.testing.assert_array_equal(W, nmf.mean_weights_[np.newaxis])
    nmf = NMF(3, tol=0, max_iter=20, missing="unobserved").fit(stored(holes(X)))
    W = nmf.transform(scipy.sparse.csr_array((2, 17)))
    np.testing.assert_array_equal(W, [nmf.mean_weights_] * 2)


def test_an_unknown_row_changes_nothing(X, holes, solver):
    gappy = np.vstack([holes(X), np.full((3, 17), np.nan)])
    # The same random start: scikit-learn's order draws H before W, row by row.
    settings = {"tol": 0, "max_iter": 9, "random_state": 0, "missing": "nan", **solver}
    with_it, without = (NMF(3, **settings).fit(A) for A in (gappy, gappy[:-3]))
    np.testing.assert_allclose(with_it.components_, without.components_, rtol=1e-9)


@pytest.mark.parametrize("method", ["fit", "fit_transform", "partial_fit"])
def test_all_are_missing(method):
    for A, missing in [
        (np.full((5, 4), np.nan), "nan"),
        (scipy.sparse.csr_array((5, 4)), "unobserved"),
        (scipy.sparse.csr_array(np.full((5, 4), np.nan)), "unobserved"),
    ]:
        with pytest.raises(ValueError, match="X must have an observed entry"):
            getattr(NMF(2, missing=missing), method)(A)


def test_completion(made):
    """Held-out entries of a matrix of low rank come back."""
    A = made(120, 50, rank=2, seed=3)
    A = A - 0.25  # what is left of the noise has mean zero
    rng = np.random.default_rng(0)
    known = rng.random(A.shape) < 0.5
    A = np.maximum(A, 0)
    nmf = NMF(2, missing="nan", tol=0, max_iter=300, random_state=0)
    W = nmf.fit_transform(np.where(known, A, np.nan))
    predicted = nmf.inverse_transform(W)[~known]
    assert np.sqrt(np.mean((predicted - A[~known]) ** 2)) < 0.25


def test_rows_end_where_the_pull_to_the_mean_row_ends(X, holes, solver, monkeypatch):
    """Each entry of W is 0, or ∂D/∂w + l1 + l2·(w − c) is."""
    hals, beta = solver["solver"] == "cd", solver.get("beta_loss", 2.0)
    kernel = "nmf_observed_hals_pass" if hals else "nmf_divergence_pass"
    real, calls = getattr(kernels, kernel), []

    def spy(*arguments):
        calls.append(arguments)
        return real(*arguments)

    nmf = NMF(3, missing="nan", tol=0, max_iter=30, random_state=0, **solver)
    nmf.fit(holes(X))
    monkeypatch.setattr(kernels, kernel, spy)
    nmf.set_params(max_iter=2000).transform(holes(X))
    # All in the unit that the kernel computes in; W is updated in place.
    (start, columns, values, _), W, Ht, *others = calls[-1]
    l1, l2, centre = others[:3] if hals else others[3:6]
    assert l2 > 0
    assert (centre > 0).all()
    rows = np.repeat(np.arange(len(W)), np.diff(start))
    u, v = np.zeros((2, len(W), len(Ht)))
    q = (W @ Ht.T)[rows, columns]
    u[rows, columns], v[rows, columns] = values * q ** (beta - 2), q ** (beta - 1)
    down = v @ Ht + l1 + l2 * W
    slope = down - u @ Ht - l2 * centre
    np.testing.assert_allclose(W * slope, 0, atol=1e-5 * (W * down).max())
