"""Rows drawn from a mixture have its weights, means and covariances."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from latentia import GaussianMixture

N = 200_000


def covariance_of(mixture, k):
    """The covariance (d, d) of component k, whatever the type."""
    d = mixture.means_.shape[1]
    return {
        "full": lambda: mixture.covariances_[k],
        "tied": lambda: mixture.covariances_,
        "diag": lambda: np.diag(mixture.covariances_[k]),
        "spherical": lambda: mixture.covariances_[k] * np.eye(d),
    }[mixture.covariance_type]()


@pytest.fixture
def mixture(X, type_):
    return GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)


def test_moments(mixture):
    """Within five standard errors."""
    X, y = mixture.sample(N)
    assert X.shape == (N, 3)
    assert X.dtype == np.float64
    assert y.dtype == np.int64
    assert (np.diff(y) >= 0).all()
    share = np.bincount(y) / N
    error = 5 * np.sqrt(mixture.weights_ / N)
    assert (np.abs(share - mixture.weights_) <= error).all()
    for k in range(3):
        of_k, C = X[y == k], covariance_of(mixture, k)
        root = np.sqrt(len(of_k))
        scale = np.sqrt(np.diag(C))
        assert (np.abs(of_k.mean(axis=0) - mixture.means_[k]) < 5 * scale / root).all()
        off = np.abs(np.cov(of_k.T) - C)
        assert (off < 5 * np.sqrt(2) * np.outer(scale, scale) / root).all()


def test_what_is_drawn_is_likely(mixture):
    """The entropy of a sample is that of another, and rows know where they are from."""
    X, y = mixture.sample(20_000)
    mixture.set_params(random_state=1)
    other, _ = mixture.sample(20_000)
    assert abs(mixture.score(X) - mixture.score(other)) < 0.05
    sure = mixture.predict_proba(X).max(axis=1) > 0.99
    assert (mixture.predict(X)[sure] == y[sure]).mean() > 0.98


def test_seeds(X):
    mixture = GaussianMixture(3, random_state=0).fit(X)
    np.testing.assert_array_equal(mixture.sample(50)[0], mixture.sample(50)[0])
    mixture.set_params(random_state=np.random.RandomState(0))
    assert (mixture.sample(50)[0] != mixture.sample(50)[0]).any()


@pytest.mark.parametrize("n", [1, 2, np.int32(7)])
def test_few(mixture, n):
    X, y = mixture.sample(n)
    assert X.shape == (n, 3)
    assert y.shape == (n,)


def test_components_without_weight_are_not_drawn(X, type_):
    mixture = GaussianMixture(
        3, covariance_type=type_, weights_init=[0.5, 0, 0.5], max_iter=0, random_state=0
    ).fit(X)
    assert set(mixture.sample(1000)[1]) == {0, 2}


@pytest.mark.parametrize("n", [0, -1, 1.5, "many", None, True])
def test_wrong_number(mixture, n):
    with pytest.raises(
        (TypeError, ValueError), match=f"n_samples must be .* got {n!r}"
    ):
        mixture.sample(n)


def test_not_fitted():
    with pytest.raises(NotFittedError):
        GaussianMixture().sample()
