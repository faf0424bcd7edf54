"""Non-negative factorisation in plain NumPy: scikit-learn's, and the definitions."""

import numpy as np
import pytest
from sklearn.decomposition import NMF

from latentia.benchmarks.reference_numpy import (
    Penalty,
    divergence,
    hals_nmf,
    hals_update,
    multiplicative_nmf,
    multiplicative_update,
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


@pytest.mark.parametrize("beta", [2, 1, 3, 0.5])
@pytest.mark.parametrize("l1_ratio", [0, 0.4, 1])
def test_penalties_are_those_of_scikit_learn(beta, l1_ratio):
    A, (W, H) = matrix(20, 15), start(20, 15, 4)
    settings = {"alpha_W": 0.02, "alpha_H": 0.01, "l1_ratio": l1_ratio}
    found = multiplicative_nmf(A, W, H, beta=beta, n_iter=6, **penalties(A, **settings))
    peer_W, peer = scikit_learn(A, W, H, 6, "mu", beta, **settings)
    np.testing.assert_allclose(found.W, peer_W, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.H, peer.components_, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("solver", "beta"), [("cd", 2), ("mu", 2), ("mu", 1), ("mu", 3), ("mu", 0.5)]
)
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
    known[3] = False
    A[~known] = 0
    for beta in (2, 1, 0.5):
        found = multiplicative_update(A, W, H, beta, known)
        assert not found[3].any()
        for i, columns in enumerate(known):
            row = A[[i]][:, columns], W[[i]], H[:, columns]
            np.testing.assert_allclose(
                found[[i]], multiplicative_update(*row, beta), rtol=1e-12
            )
    found = hals_update(W, *normal_equations(A, H, known))
    assert (found[3] == W[3]).all()
    for i, columns in enumerate(known):
        alone = normal_equations(A[[i]][:, columns], H[:, columns])
        np.testing.assert_allclose(found[[i]], hals_update(W[[i]], *alone), rtol=1e-9)
