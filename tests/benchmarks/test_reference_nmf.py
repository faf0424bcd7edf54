"""Non-negative factorisation in plain NumPy: scikit-learn's, and the definitions."""

import numpy as np
import pytest
from scipy.optimize import nnls
from sklearn.decomposition import NMF
from sklearn.decomposition._nmf import _initialize_nmf

from latentia.benchmarks.reference_numpy import (
    Penalty,
    divergence,
    hals_nmf,
    hals_update,
    multiplicative_nmf,
    multiplicative_update,
    nndsvd,
    normal_equations,
)

ALL_BETAS = [2, 1, 0, -0.5, 0.5, 1.5, 2.5, 3]
BETAS = pytest.mark.parametrize("beta", ALL_BETAS)
SHAPES = pytest.mark.parametrize(
    ("m", "n", "k"), [(1, 1, 1), (7, 1, 1), (1, 8, 2), (9, 7, 3), (33, 31, 8)]
)
LOSSES = {2: "frobenius", 1: "kullback-leibler", 0: "itakura-saito"}


def matrix(m, n, *, zeros=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.gamma(1, size=(m, n)) * (rng.random((m, n)) >= zeros)


def start(m, n, k, seed=1):
    rng = np.random.default_rng(seed)
    return rng.random((m, k)) + 0.1, rng.random((k, n)) + 0.1


def observed(m, n, seed=2):
    return np.random.default_rng(seed).random((m, n)) < 0.6


def scikit_learn(A, W, H, n_iter, solver, beta, **settings):
    settings |= {"solver": solver, "beta_loss": LOSSES.get(beta, beta)}
    nmf = NMF(W.shape[1], init="custom", tol=0, max_iter=n_iter, **settings)
    W = nmf.fit_transform(A, W=W.copy(), H=H.copy())
    return W, nmf


def penalties(A, alpha_W, alpha_H, l1_ratio):
    """Return the penalties that scikit-learn makes of its parameters."""
    m, n = A.shape
    return {
        f"penalty_{name}": Penalty(
            size * alpha * l1_ratio, size * alpha * (1 - l1_ratio)
        )
        for name, size, alpha in (("W", n, alpha_W), ("H", m, alpha_H))
    }


def ours(A, W, H, solver, beta, **settings):
    if solver == "cd":
        return hals_nmf(A, W, H, **settings)
    return multiplicative_nmf(A, W, H, beta=beta, **settings)


@pytest.mark.parametrize(
    ("solver", "beta"), [("cd", 2), *(("mu", beta) for beta in ALL_BETAS)]
)
@SHAPES
def test_iterations_are_those_of_scikit_learn(m, n, k, solver, beta):
    A, (W, H) = matrix(m, n, zeros=0.3 if beta > 0 else 0), start(m, n, k)
    close = {"cd": (1e-8, 1e-11), "mu": (1e-9, 1e-14)}[solver]
    for n_iter in (1, 2, 11):
        found = ours(A, W, H, solver, beta, n_iter=n_iter)
        peer_W, peer = scikit_learn(A, W, H, n_iter, solver, beta)
        np.testing.assert_allclose(found.W, peer_W, *close)
        np.testing.assert_allclose(found.H, peer.components_, *close)
    error = np.sqrt(2 * max(divergence(A, *found, beta), 0))  # an exact fit rounds
    assert error == pytest.approx(peer.reconstruction_err_, rel=1e-9, abs=1e-7)


SOLVERS = pytest.mark.parametrize(
    ("solver", "beta"), [("cd", 2), ("mu", 2), ("mu", 1), ("mu", 3), ("mu", 0.5)]
)


@SOLVERS
@pytest.mark.parametrize("l1_ratio", [0, 0.4, 1])
def test_penalties_are_those_of_scikit_learn(solver, beta, l1_ratio):
    A, (W, H) = matrix(20, 15), start(20, 15, 4)
    settings = {"alpha_W": 0.02, "alpha_H": 0.01, "l1_ratio": l1_ratio}
    found = ours(A, W, H, solver, beta, n_iter=6, **penalties(A, **settings))
    peer_W, peer = scikit_learn(A, W, H, 6, solver, beta, **settings)
    np.testing.assert_allclose(found.W, peer_W, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.H, peer.components_, rtol=1e-8, atol=1e-12)


@SOLVERS
def test_float32_stays_and_follows_scikit_learn(solver, beta):
    A, W, H = (part.astype(np.float32) for part in (matrix(40, 30), *start(40, 30, 5)))
    found = ours(A, W, H, solver, beta, n_iter=5)
    peer_W, _ = scikit_learn(A, W, H, 5, solver, beta)
    assert found.W.dtype == found.H.dtype == np.float32
    np.testing.assert_allclose(found.W, peer_W, rtol=2e-4, atol=1e-4)


@BETAS
def test_divergence_is_the_sum_of_its_terms(beta):
    A, (W, H) = matrix(12, 9), start(12, 9, 3)
    known = observed(12, 9)
    a, y = A, W @ H
    terms = {
        2: (a - y) ** 2 / 2,
        1: a * np.log(a / y) - a + y,
        0: a / y - np.log(a / y) - 1,
    }.get(
        beta,
        (a**beta + (beta - 1) * y**beta - beta * a * y ** (beta - 1))
        / (beta * (beta - 1) or 1),
    )
    assert divergence(A, W, H, beta) == pytest.approx(terms.sum(), rel=1e-12)
    expected = pytest.approx(terms[known].sum(), rel=1e-12)
    assert divergence(A, W, H, beta, known) == expected
    unread = np.where(known, A, np.nan)
    assert divergence(unread, W, H, beta, known) == expected


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("fit", "beta"),
    [(hals_nmf, 2), *((multiplicative_nmf, beta) for beta in ALL_BETAS)],
)
def test_divergence_never_rises(fit, beta, masked):
    A, factors = matrix(30, 20, zeros=0.3 if beta > 0 else 0), start(30, 20, 4)
    known = observed(30, 20) if masked else None
    loss = {"beta": beta} if fit is multiplicative_nmf else {}
    history = [divergence(A, *factors, beta, known)]
    for _ in range(15):
        factors = fit(A, *factors, n_iter=1, known=known, **loss)
        history.append(divergence(A, *factors, beta, known))
    assert (np.diff(history) <= 1e-12 * history[0]).all()
    assert history[-1] < 0.9 * history[0]


@BETAS
def test_with_all_known_a_mask_makes_no_difference(beta):
    A, (W, H) = matrix(13, 9), start(13, 9, 3)
    known = np.ones(A.shape, dtype=bool)
    found = multiplicative_nmf(A, W, H, n_iter=4, beta=beta, known=known)
    expected = multiplicative_nmf(A, W, H, n_iter=4, beta=beta)
    np.testing.assert_allclose(found.W, expected.W, rtol=1e-12)
    found = hals_nmf(A, W, H, n_iter=4, known=known)
    expected = hals_nmf(A, W, H, n_iter=4)
    np.testing.assert_allclose(found.W, expected.W, rtol=1e-9, atol=1e-12)


@BETAS
def test_what_is_unknown_is_not_read(beta):
    A, (W, H), known = matrix(13, 9), start(13, 9, 3), observed(13, 9)
    for fit, settings in ((multiplicative_nmf, {"beta": beta}), (hals_nmf, {})):
        settings = {"n_iter": 4, "known": known, **settings}
        found = fit(np.where(known, A, np.nan), W, H, **settings)
        expected = fit(np.where(known, A, 77), W, H, **settings)
        assert (found.W == expected.W).all()
        assert (found.H == expected.H).all()


def test_a_row_of_a_masked_update_sees_what_it_would_see_alone():
    """Each row is updated as if only its known columns existed."""
    A, (W, H), known = matrix(8, 20), start(8, 20, 3), observed(8, 20)
    A[~known] = 0
    for beta in (2, 1, 0.5):
        found = multiplicative_update(A, W, H, beta, known)
        for i, columns in enumerate(known):
            row = A[[i]][:, columns], W[[i]], H[:, columns]
            np.testing.assert_allclose(
                found[[i]], multiplicative_update(*row, beta), rtol=1e-12
            )
    found = hals_update(W, *normal_equations(A, H, known))
    for i, columns in enumerate(known):
        alone = normal_equations(A[[i]][:, columns], H[:, columns])
        np.testing.assert_allclose(found[[i]], hals_update(W[[i]], *alone), rtol=1e-9)


@pytest.mark.parametrize("penalty", [Penalty(), Penalty(0.3, 0.2)])
def test_many_sweeps_solve_the_non_negative_least_squares_problem(penalty):
    A, (W, H), known = matrix(6, 30), start(6, 30, 4), observed(6, 30)
    A[~known] = 0
    found = hals_update(W, *normal_equations(A, H, known), 500, penalty)
    for i, columns in enumerate(known):
        # l1 and l2 w² / 2 as rows of the problem: G = BᵀB, p = Bᵀc
        G = H[:, columns] @ H[:, columns].T + penalty.l2 * np.eye(4)
        B = np.linalg.cholesky(G).T
        c = np.linalg.solve(B.T, H[:, columns] @ A[i, columns] - penalty.l1)
        np.testing.assert_allclose(found[i], nnls(B, c)[0], rtol=1e-7, atol=1e-9)


def test_sweeps_are_iterations_with_the_same_products():
    A, (W, H) = matrix(15, 12), start(15, 12, 4)
    equations = normal_equations(A, H)
    twice = hals_update(hals_update(W, *equations), *equations)
    assert (hals_update(W, *equations, 2) == twice).all()
    once, more = (hals_nmf(A, W, H, n_iter=5, sweeps=s) for s in (1, 5))
    assert divergence(A, *more) < divergence(A, *once)


def test_rows_and_columns_without_known_entries_are_left_alone():
    A, (W, H), known = matrix(8, 7), start(8, 7, 2), observed(8, 7)
    known[3], known[:, 5] = False, False
    found = hals_nmf(A, W, H, n_iter=3, known=known)
    assert (found.W[3] == W[3]).all()
    assert (found.H[:, 5] == H[:, 5]).all()
    for beta in (2, 1, 0):
        found = multiplicative_nmf(A, W, H, n_iter=3, beta=beta, known=known)
        assert np.isfinite(found.W).all()
        assert not found.W[3].any()


@pytest.mark.parametrize("variant", ["nndsvd", "nndsvda", "nndsvdar"])
@pytest.mark.parametrize(
    # On the shorter side at most k + 10, where both randomized SVDs are exact
    ("m", "n", "k"),
    [(1, 1, 1), (7, 1, 1), (1, 8, 1), (9, 7, 3), (33, 18, 8), (12, 40, 7)],
)
def test_nndsvd_is_that_of_scikit_learn(m, n, k, variant):
    A = matrix(m, n, zeros=0.2)
    A[0, 0] = 1
    found = nndsvd(A, k, variant, seed=3)
    W, H = _initialize_nmf(A, k, variant, random_state=3)
    np.testing.assert_allclose(found.W, W, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.H, H, rtol=1e-7, atol=1e-9)


def test_nndsvd_of_too_low_a_rank_is_finite():
    A = np.outer(np.arange(6.0), np.arange(5.0))
    W, H = nndsvd(A, 3, "nndsvd")
    np.testing.assert_allclose(W @ H, A, atol=1e-4)
    assert (nndsvd(np.zeros((6, 5)), 2, "nndsvda").W == 0).all()
