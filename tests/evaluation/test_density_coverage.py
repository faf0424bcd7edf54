"""Density and coverage, against the whole matrix of distances."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from latentia.evaluation import density_coverage, distances


def from_whole_matrices(X, Y, k):
    """Naeem et al. 2020, equations 3 and 4."""
    radius = np.sort(cdist(X, X), axis=1)[:, k]  # the nearest is the sample itself
    inside = cdist(X, Y) <= radius[:, np.newaxis]
    return inside.sum() / (k * len(Y)), inside.any(axis=1).mean()


@pytest.fixture(params=[7, 32, 1024])
def tile(request, monkeypatch):
    monkeypatch.setattr(distances, "_TILE", request.param)


@pytest.mark.usefixtures("tile")
@pytest.mark.parametrize(
    ("n", "m", "d", "k"), [(31, 33, 3, 5), (64, 7, 2, 1), (9, 2, 8, 8), (33, 31, 1, 5)]
)
def test_like_whole_matrices(random, n, m, d, k):
    X, Y = random.normal(size=(n, d)), 0.7 * random.normal(size=(m, d)) + 0.2
    expected = from_whole_matrices(X, Y, k)
    np.testing.assert_allclose(density_coverage(X, Y, k=k), expected)


def test_by_hand():
    """Radii with k = 1 are 1, 1 and 9; 0.5 lies in two balls, 5 in one."""
    X, Y = np.array([[0.0], [1], [10]]), np.array([[0.5], [5]])
    found = density_coverage(X, Y, k=1)
    assert found.density == 3 / 2
    assert found.coverage == 1
    assert density_coverage(X, Y + 20, k=1) == (0, 0)


def test_the_same_set(random):
    X = random.normal(size=(100, 4))
    found = density_coverage(X, X)
    assert found.coverage == 1
    assert found.density == pytest.approx(1.2)  # five neighbours and the sample itself


def test_one_distribution_gives_density_one(random):
    """And coverage 1 − 2^−k, for as many samples (Naeem et al. 2020, section 3.3)."""
    found = density_coverage(*random.normal(size=(2, 3000, 2)), k=3)
    assert found.density == pytest.approx(1, abs=0.05)
    assert found.coverage == pytest.approx(1 - 2**-3, abs=0.03)


def test_half_of_the_modes(random):
    X = random.normal(size=(400, 2)) + np.repeat([[0.0], [100.0]], 200, axis=0)
    found = density_coverage(X, random.normal(size=(400, 2)))
    assert 0.4 < found.coverage <= 0.5
    assert found.density > 0.8


def test_order_and_origin_do_not_matter(random):
    X, Y = random.normal(size=(60, 3)), random.normal(size=(50, 3))
    found = density_coverage(X, Y)
    assert density_coverage(random.permutation(X), random.permutation(Y)) == found
    assert density_coverage(X + 1e5, Y + 1e5) == found


def test_copies_are_at_no_distance(random):
    """With k copies of each sample, its neighbourhood is the sample alone."""
    X = np.repeat(random.normal(size=(20, 30)) + 1000, 3, axis=0)
    assert density_coverage(X, X[:30], k=2) == (1.5, 0.5)


@pytest.mark.parametrize(
    ("k", "error", "problem"),
    [
        (0, ValueError, "k must be at least 1, got 0"),
        (9, ValueError, "k must be less than the 9 rows of real, got 9"),
        (1.5, TypeError, "k must be an integer"),
    ],
)
def test_bad_numbers_of_neighbours(random, k, error, problem):
    X = random.normal(size=(9, 3))
    with pytest.raises(error, match=problem):
        density_coverage(X, X, k=k)
