"""A mixture as a density, against SciPy, and as what codes are drawn from."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

pytest.importorskip("torch")

from latentia.generative.latent.prior import MixturePrior


def some_prior(k=3, dim=4, flat=(), seed=0):
    """Return a prior; dimensions in ``flat`` have rows of zeros in every factor."""
    random = np.random.default_rng(seed)
    # Small next to the diagonal: the inverse is not to lose digits.
    factors = np.tril(random.normal(0, 0.5 / dim, (k, dim, dim)), -1)
    factors += np.eye(dim) * random.uniform(0.5, 3, (k, dim, 1))
    factors[:, flat] = 0
    factors[:, :, flat] = 0
    means = random.normal(0, 3, (k, dim))
    means[:, flat] = 0.7
    weights = random.dirichlet(np.full(k, 5.0))
    return MixturePrior(weights, means, factors.astype(np.float32))


def scipy_log_density(prior, codes, kept):
    of_each = [
        multivariate_normal(mean[kept], (L @ L.T)[kept][:, kept])
        for mean, L in zip(prior.means, prior.factors.astype(np.float64), strict=True)
    ]
    parts = np.array([normal.logpdf(codes[:, kept]) for normal in of_each])
    parts = parts + np.log(prior.weights)[:, np.newaxis]
    return logsumexp(parts, axis=0)


@pytest.mark.parametrize(("k", "dim"), [(1, 1), (1, 4), (3, 4), (5, 9), (2, 33)])
def test_density_is_scipys(k, dim):
    prior = some_prior(k, dim)
    codes = np.random.default_rng(1).normal(0, 5, (31, dim))
    expected = scipy_log_density(prior, codes, list(range(dim)))
    np.testing.assert_allclose(prior.log_density(codes), expected, rtol=1e-10)


def test_density_is_that_of_the_dimensions_that_vary():
    prior = some_prior(flat=[1])
    codes = np.random.default_rng(1).normal(0, 5, (9, 4))
    expected = scipy_log_density(prior, codes, [0, 2, 3])
    np.testing.assert_allclose(prior.log_density(codes), expected, rtol=1e-10)


def test_density_far_away_is_finite():
    found = some_prior().log_density(np.full((1, 4), 1e6))
    assert np.isfinite(found).all()
    assert found[0] < -1e9


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0])
def test_codes_have_the_moments_of_the_mixture(temperature):
    prior = some_prior()
    drawn = prior.sample(0, 100_000, temperature).astype(np.float64)
    cooled = prior._replace(factors=temperature * prior.factors)
    mean, covariance = cooled.moments()
    # Five standard errors of means; of variances of such mixtures about as many.
    error = 5 * np.sqrt(np.diagonal(covariance) / 100_000)
    assert (np.abs(drawn.mean(0) - mean) < error).all()
    scale = np.sqrt(np.outer(*2 * [np.diagonal(covariance)]))
    np.testing.assert_allclose(np.cov(drawn.T) / scale, covariance / scale, atol=0.03)


def test_moments_by_hand():
    prior = some_prior()
    weights, means, factors = prior._replace(factors=prior.factors.astype(np.float64))
    second = sum(
        w * (L @ L.T + np.outer(m, m))
        for w, m, L in zip(weights, means, factors, strict=True)
    )
    mean, covariance = prior.moments()
    np.testing.assert_allclose(mean, weights @ means)
    np.testing.assert_allclose(covariance, second - np.outer(mean, mean))


def test_components_come_as_often_as_they_weigh():
    prior = some_prior()
    drawn = prior.sample(0, 20_000, temperature=0)
    which = (drawn[:, None] == prior.means.astype(np.float32)).all(2)
    np.testing.assert_allclose(which.mean(0), prior.weights, atol=0.015)
    assert which.sum() == 20_000


def test_of_noise_by_hand():
    prior = MixturePrior(
        np.array([0.25, 0.75]),
        np.array([[0.0, 0.0], [10.0, 20.0]]),
        np.array([[[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [3.0, 4.0]]], np.float32),
    )
    # Φ(−1) = 0.16 is in the first quarter, Φ(0) is not.
    noise = np.array([[-1.0, 5.0, 6.0], [0.0, 1.0, -1.0]])
    drawn = prior.of_noise(noise, temperature=0.5)
    np.testing.assert_allclose(drawn, [[2.5, 3.0], [11.0, 19.5]])


def test_a_code_is_the_same_for_every_number():
    prior = some_prior(dim=7)
    many = prior.sample(3, 200)
    for n in (1, 7, 8, 9, 31, 33, 199):
        np.testing.assert_array_equal(prior.sample(3, n), many[:n])
    assert (prior.sample(4, 200) != many).any(axis=1).all()
    assert many.dtype == np.float32


@pytest.mark.parametrize(
    "part",
    [
        {"weights": np.ones(2)},
        {"means": np.ones((3, 5))},
        {"means": np.ones(3)},
        {"factors": np.ones((3, 9), np.float32)},
        {"factors": np.ones((3, 10))},
        {"factors": np.full((3, 10), np.inf, np.float32)},
        {"factors": np.ones((3, 4, 4))},
    ],
)
def test_parts_that_do_not_fit_are_refused(part):
    prior = some_prior()
    again = MixturePrior.of_tensors(prior.tensors())
    for found, expected in zip(again, prior, strict=True):
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError):  # noqa: PT011, one of them is NumPy's
        MixturePrior.of_tensors(prior.tensors() | part)
