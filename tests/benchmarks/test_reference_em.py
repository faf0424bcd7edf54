"""Expectation maximisation in plain NumPy against scikit-learn."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from latentia.benchmarks.reference_numpy import (
    Start,
    em,
    inverse,
    log_likelihood,
    m_step,
)

TYPES = pytest.mark.parametrize(
    "covariance_type", ["full", "tied", "diag", "spherical"]
)
SHAPES = pytest.mark.parametrize(("d", "K"), [(1, 1), (1, 3), (5, 1), (4, 3), (9, 2)])


def rows(n, d, seed=0):
    """Correlated rows in three clusters."""
    rng = np.random.default_rng(seed)
    A = np.eye(d) + 0.3 * rng.standard_normal((d, d))
    return rng.standard_normal((n, d)) @ A + 3 * rng.integers(3, size=(n, 1))


def start_of(X, K, covariance_type):
    """Give each component a stretch of the first feature."""
    rank = X[:, 0].argsort().argsort()
    weights, means, covariances = m_step(
        X, np.eye(K)[rank * K // len(X)], covariance_type
    )
    return Start(weights, means, inverse(covariances, covariance_type))


def scikit_learn(X, start, covariance_type, n_iter):
    mixture = GaussianMixture(
        len(start.weights),
        covariance_type=covariance_type,
        tol=0,
        max_iter=n_iter,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.precisions,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(X)


@TYPES
@SHAPES
def test_each_iteration_is_that_of_scikit_learn(d, K, covariance_type):
    X = rows(211, d)
    start = start_of(X, K, covariance_type)
    found = em(X, start, covariance_type=covariance_type, n_iter=7)
    peer = scikit_learn(X, start, covariance_type, 7)
    for name in ("weights", "means", "covariances"):
        ours, theirs = getattr(found, name), getattr(peer, f"{name}_")
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.log_likelihood, peer.score(X), rtol=1e-12)
    first = scikit_learn(X, start, covariance_type, 1)
    assert len(found.log_likelihoods) == 7
    np.testing.assert_allclose(
        found.log_likelihoods[[0, -1]], [first.lower_bound_, peer.lower_bound_], 1e-12
    )


@TYPES
def test_weights_count_as_repetitions(covariance_type):
    X = rows(60, 4)
    times = np.random.default_rng(2).integers(0, 4, len(X))
    start = start_of(X, 3, covariance_type)
    arguments = {"covariance_type": covariance_type, "n_iter": 5}
    weighted = em(X, start, sample_weight=times, **arguments)
    repeated = em(np.repeat(X, times, axis=0), start, **arguments)
    for name in ("weights", "means", "covariances", "log_likelihoods"):
        np.testing.assert_allclose(
            getattr(weighted, name), getattr(repeated, name), rtol=1e-9, atol=1e-12
        )
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)


def test_float32_is_computed_in_float64_and_no_iteration_gives_the_start_back():
    X = rows(100, 3).astype(np.float32)
    start = Start(*(p.astype(np.float32) for p in start_of(X, 2, "tied")))
    wide = Start(*(part.astype(np.float64) for part in start))
    for n_iter in (0, 4):
        found = em(X, start, covariance_type="tied", n_iter=n_iter)
        other = X.astype(np.float64), wide
        expected = em(*other, covariance_type="tied", n_iter=n_iter)
        assert found.covariances.dtype == np.float64
        assert (found.covariances == expected.covariances).all()
        assert found.log_likelihoods.size == n_iter
        mixture = found.weights, found.means, found.covariances
        assert found.log_likelihood == log_likelihood(X, *mixture, "tied")
        assert (found.means == start.means).all() == (n_iter == 0)


def test_an_empty_component_stays_finite():
    X = rows(30, 2)
    r = np.zeros((30, 2))
    r[:, 0] = 1
    weights, _, covariances = m_step(X, r, "full")
    np.testing.assert_allclose(weights, [1, 0], atol=1e-15)
    np.testing.assert_allclose(covariances[1], 1e-6 * np.eye(2), atol=1e-15)
