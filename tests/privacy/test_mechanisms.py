"""Sensitivity of the sums, and the noise that is added to them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import softmax

from latentia.privacy.clipping import GRID_BITS, Clip, on_grid
from latentia.privacy.mechanisms import (
    lifted_sums,
    noisy_moments,
    rowwise_product,
    with_noise,
)
from latentia.privacy.mixture_steps import Components, Responsibilities
from latentia.privacy.noise import NoiseSource, PrivacyWarning
from latentia.rows import as_rows

GRID = 2.0**14


def any_rows(random, n, d):
    """Rows of every kind: huge, tiny, zero, equal, on axes, far from each other."""
    scale = 10.0 ** random.choice([-300, -8, -1, 0, 0, 0, 1, 8, 150, 300])
    with np.errstate(over="ignore"):
        X = random.normal(size=(n, d)) * scale
    X = np.clip(np.nan_to_num(X), -1.7e308, 1.7e308)
    kind = random.integers(5)
    if kind == 0:
        X[:] = X[:1]
    if kind == 1:
        X[random.integers(n)] = 0
    if kind == 2:
        X *= np.eye(d)[random.integers(d, size=n)]
    if kind == 3:
        X[random.integers(n)] = random.choice([-1.7e308, 1.7e308, 5e-324])
    return X


class Shares:
    """Soft or hard shares that sum to 1."""

    def __init__(self, axes):
        self.axes = axes

    def __call__(self, x):
        with np.errstate(all="ignore"):
            return softmax(
                np.clip(np.nan_to_num(rowwise_product(x, self.axes)), -50, 50), axis=1
            )


def check_sensitivity(random):
    n, d = random.integers(1, 6), random.integers(1, 40)
    X = any_rows(random, n, d)
    clip = Clip(
        random.normal(size=d) * random.choice([0.0, 1.0, 1e3]),
        10.0 ** random.choice([-3, 0, 3]),
        random.choice([0.0, 0.1, 1.0, 3.0]),
    )
    share, parts = None, 1
    if random.integers(2):
        share, parts = Shares(random.normal(size=(d, random.integers(1, 5)))), 256
    groups = 1 if share is None else share.axes.shape[1]
    clips = [replace(clip, centre=random.normal(size=d)) for _ in range(groups)]
    more = np.delete(X, random.integers(n), axis=0)
    total = lifted_sums(as_rows(X), clips, share=share)
    rest = lifted_sums(as_rows(more), clips, share=share) if n > 1 else 0
    difference = (total - rest).astype(float)
    assert np.linalg.norm(difference) <= parts * clip.sensitivity


@pytest.mark.parametrize("seed", range(200))
def test_one_row_changes_the_sum_by_at_most_the_sensitivity(seed):
    check_sensitivity(np.random.default_rng(seed))


@pytest.mark.slow
def test_one_row_changes_the_sum_in_ten_thousand_tries():
    random = np.random.default_rng(0)
    for _ in range(10_000):
        check_sensitivity(random)


@pytest.mark.parametrize("seed", range(20))
def test_what_a_row_adds_does_not_depend_on_other_rows(seed):
    random = np.random.default_rng(seed)
    n, d, k = random.integers(2, 700), random.integers(1, 70), random.integers(1, 6)
    X = random.normal(size=(n, d)) * 3
    components = Components(
        random.dirichlet(np.ones(k)),
        random.normal(size=(k, d)),
        np.array(
            [np.cov(random.normal(size=(d, 2 * d + 2))) for _ in range(k)]
        ).reshape(k, d, d),
    )
    clip = Clip(random.normal(size=d), random.uniform(0.5, 2) * math.sqrt(d), 0.3)
    share = Responsibilities(components)
    some = random.choice(n, size=random.integers(1, min(n, 9)), replace=False)
    np.testing.assert_array_equal(clip(X)[some], clip(X[some]))
    np.testing.assert_array_equal(share(X)[some], share(X[some]))
    assert (np.floor(share(X) * 256).sum(axis=1) <= 256).all()


def test_sensitivity_is_reached():
    clip = Clip(np.zeros(1), 2.0, 0.5)
    (total,) = lifted_sums(as_rows(np.array([[5.0]])), [clip])
    assert np.linalg.norm(total) >= 0.999 * clip.sensitivity


@pytest.mark.parametrize("random_state", [None, 3])
@pytest.mark.filterwarnings("ignore:random_state was given")
def test_noise_has_the_stated_variance(random_state):
    noise = NoiseSource(random_state)
    n, d, std = 400, 12, 1000.0
    drawn = noise.symmetric((n, d, d), std)
    assert (drawn == np.swapaxes(drawn, 1, 2)).all()
    assert drawn.dtype == np.int64
    diagonal = drawn[:, np.arange(d), np.arange(d)].ravel()
    beside = drawn[:, *np.triu_indices(d, 1)].ravel()
    for values, expected in ((diagonal, std), (beside, std / math.sqrt(2))):
        # n·s²/σ² is χ² with n degrees of freedom; one in 10⁸ runs is outside.
        share = (values**2).sum() / expected**2
        low, high = stats.chi2.ppf([5e-9, 1 - 5e-9], len(values))
        assert low < share < high
        assert stats.kstest(values / expected, "norm").pvalue > 1e-8


def test_noise_of_the_system_differs_and_a_seed_is_said():
    noise = NoiseSource(None)
    assert not noise.seeded
    assert not np.array_equal(noise.normal((5,)), NoiseSource(None).normal((5,)))
    with pytest.warns(PrivacyWarning, match="random_state was given"):
        assert NoiseSource(0).seeded


def test_noise_of_the_mechanism_is_at_least_what_mu_asks_for(seeded):
    X = np.random.default_rng(0).normal(size=(50, 4))
    clip = Clip(np.zeros(4), 3.0, 0.25)
    for mu in (0.01, 0.3, 5.0):
        _, mechanism = noisy_moments(as_rows(X), [clip], mu, NoiseSource(0), name="sum")
        assert mechanism.sensitivity == pytest.approx(9.0 * (1 + 0.25**2))
        assert 0.999 * mu < mechanism.mu <= mu


def test_noise_that_does_not_fit_is_an_error():
    with pytest.raises(ValueError, match="epsilon is too small"):
        with_noise(np.zeros(3, dtype=np.int64), 1e9, 1e-12, NoiseSource(None))


def test_moments_are_those_of_the_rows():
    X = np.random.default_rng(0).normal(size=(500, 5)) + 1.0
    clip = Clip(np.full(5, 0.5), 20.0, 0.25)
    (moments,), mechanism = noisy_moments(
        as_rows(X), [clip], math.inf, NoiseSource(None), name="sum"
    )
    assert mechanism.mu == math.inf
    assert moments.count == 500
    np.testing.assert_allclose(moments.mean + 0.5, X.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(moments.covariance, np.cov(X.T, ddof=0), atol=1e-2)


def test_a_row_is_moved_to_the_norm():
    clip = Clip(np.zeros(3), 1.0, 0.25)
    inside, outside = clip(np.array([[0.3, 0.2, 0.1], [30.0, 20.0, 10.0]]))
    np.testing.assert_allclose(inside[:3] / GRID, [0.3, 0.2, 0.1], atol=1e-4)
    unit = np.array([0.3, 0.2, 0.1]) / np.linalg.norm([0.3, 0.2, 0.1])
    np.testing.assert_allclose(outside[:3] / GRID, unit, atol=3e-4)


@pytest.mark.parametrize("norm", [1e-60, 0.5, 3.0])
def test_rows_whose_quotient_overflows_are_clipped(norm):
    x = np.array([[1e300, 0.0], [-1.7e308, 1.7e308], [0.0, norm / 2]])
    on_grid(x, norm)
    assert x[0, 0] > 0.99 * 2**GRID_BITS
    np.testing.assert_array_equal(x[1], -x[1, ::-1])
    assert np.linalg.norm(x[1]) > 0.99 * 2**GRID_BITS
    assert x[2, 1] == 2 ** (GRID_BITS - 1)
