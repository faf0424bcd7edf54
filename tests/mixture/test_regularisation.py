"""``reg_covar`` is added once to every variance, however many iterations EM makes."""

import numpy as np
import pytest

from latentia import GaussianMixture
from latentia.mixture import CollapsedCovarianceError

REG = 0.1


def variances(mixture):
    """Shape (components or 1, features or 1)."""
    S = mixture.covariances_
    if mixture.covariance_type in ("full", "tied"):
        S = np.diagonal(S, axis1=-2, axis2=-1)
    return S.reshape(-1, 1) if S.ndim == 1 else np.atleast_2d(S)


def test_of_a_component_that_dies(made, unconverged):
    X = made(400, 3, 2, apart=5.0)
    means = np.r_[X[:2], [[1e4, 1e4, 1e4]]]
    for max_iter in (1, 50):
        mixture = GaussianMixture(
            3, means_init=means, precisions_init=[np.eye(3)] * 3, reg_covar=REG, tol=0
        )
        unconverged(mixture.set_params(max_iter=max_iter).fit, X)
        np.testing.assert_allclose(mixture.covariances_[2], np.eye(3), rtol=1e-12)


@pytest.mark.parametrize("type_", ["full", "diag", "spherical"])
def test_of_a_component_that_batches_leave_out(type_):
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(0, 0.1, (300, 2)), rng.normal(50, 0.1, (300, 2))]
    mixture = GaussianMixture(
        2, covariance_type=type_, reg_covar=REG, random_state=0
    ).fit(X)
    absent = int(np.argmax(mixture.means_[:, 0]))
    before = variances(mixture)[absent]
    for _ in range(50):
        mixture.partial_fit(X[:300])
    np.testing.assert_allclose(variances(mixture)[absent], before, rtol=1e-6)


def test_of_identical_rows_in_batches(type_):
    X = np.repeat([[0.0, 0.0], [9.0, 9.0]], [20, 80], axis=0)
    mixture = GaussianMixture(
        2, covariance_type=type_, reg_covar=REG, random_state=0
    ).fit(X)
    for _ in range(30):
        mixture.partial_fit(X[15:25])
        assert (variances(mixture) >= 0.999 * REG).all()
        assert (variances(mixture) <= 1.001 * REG).all()


def test_a_start_that_collapses_is_left_out(unconverged):
    """Of ten starts some collapse alone; together the others are kept."""
    X = np.random.default_rng(1).standard_normal((30, 3))
    parameters = {"covariance_type": "full", "reg_covar": 0, "max_iter": 300}
    collapsed = []
    for seed in range(10):
        mixture = GaussianMixture(4, random_state=seed, **parameters)
        try:
            unconverged(mixture.fit, X)
        except CollapsedCovarianceError:
            collapsed.append(seed)
    assert 0 < len(collapsed) < 10
    many = GaussianMixture(4, random_state=0, n_init=10, **parameters)
    unconverged(many.fit, X)
    assert np.isfinite(many.score(X))


def test_what_was_fitted_can_be_saved(tmp_path):
    """Also where the factor is as good as rounding allows, and no better."""
    rng = np.random.default_rng(0)
    saved = 0
    for exponent in range(1, 8):
        x = rng.standard_normal((400, 1))
        X = np.c_[x, x + 10.0**-exponent * rng.standard_normal((400, 1))]
        mixture = GaussianMixture(1, reg_covar=0)
        try:
            mixture.fit(X)
        except CollapsedCovarianceError:
            continue
        mixture.save(tmp_path / "m.safetensors", overwrite=True)
        loaded = GaussianMixture.load(tmp_path / "m.safetensors")
        np.testing.assert_array_equal(loaded.score_samples(X), mixture.score_samples(X))
        saved += 1
    assert saved > 4


def test_heavy_rows_are_drawn(made):
    """However few among many: what looks for centres sees them."""
    X = np.r_[made(30_000, 2, 1), np.full((3, 2), 500.0)]
    weight = np.r_[np.ones(30_000), np.full(3, 1e5)]
    for init_params in ("kmeans", "k-means++", "random_from_data"):
        mixture = GaussianMixture(
            2, init_params=init_params, max_iter=0, random_state=0
        ).fit(X, sample_weight=weight)
        assert np.abs(mixture.means_ - 500).sum(axis=1).min() < 1
