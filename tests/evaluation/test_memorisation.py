"""Copies of training samples are found, with what they are copies of."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from latentia.evaluation import density_coverage, distances, memorisation


@pytest.fixture
def sides(random):
    """Training, generated and held-out samples of one distribution."""
    return random.normal(size=(300, 6)), *random.normal(size=(2, 200, 6))


@pytest.mark.parametrize("tile", [7, 64, 1024])
def test_nearest_like_whole_matrices(sides, monkeypatch, tile):
    monkeypatch.setattr(distances, "_TILE", tile)
    training, generated, _ = sides
    index, distance = distances.nearest(generated, training)
    whole = cdist(generated, training)
    np.testing.assert_array_equal(index, whole.argmin(axis=1))
    np.testing.assert_allclose(distance, whole.min(axis=1))


def test_new_samples_are_as_suspicious_as_chance_has_it(sides):
    found = memorisation(*sides, percentile=20)
    assert 0.1 < found.share < 0.3
    assert found.share == len(found.indices) / 200
    assert (found.distances < found.threshold).all()


def test_copies_are_found(sides):
    training, generated, held_out = sides
    generated[[5, 50, 150]] = training[[7, 3, 250]] + np.array([[0.02], [0], [0.01]])
    found = memorisation(training, generated, held_out)
    assert found.indices[:3].tolist() == [50, 150, 5]
    assert found.neighbours[:3].tolist() == [3, 250, 7]
    np.testing.assert_allclose(found.distances[:3] / 6**0.5, [0, 0.01, 0.02])


def test_copies_are_found_where_real_ones_have_copies_too(sides):
    training, generated, _ = sides
    generated[10] = training[20]
    found = memorisation(training, generated, training[:50])
    assert found.threshold == 0
    assert found.indices.tolist() == [10]
    assert found.neighbours.tolist() == [20]


def test_nothing_is_suspicious(sides):
    training, generated, held_out = sides
    found = memorisation(training, generated + 100, held_out)
    assert found.share == 0
    assert len(found.indices) == len(found.neighbours) == len(found.distances) == 0


@pytest.mark.parametrize("percentile", [0, 100, -1, np.nan, "1", None])
def test_bad_percentiles(sides, percentile):
    error = TypeError if percentile in ("1", None) else ValueError
    with pytest.raises(error, match=r"percentile must be .* above 0 and below 100"):
        memorisation(*sides, percentile=percentile)


@pytest.mark.parametrize("value", [1e9, 1e12, 1e150])
def test_one_row_of_another_size_changes_no_other_distance(sides, value):
    """As a sentinel value has it: it moves a mean, not a median."""
    training, generated, held_out = sides
    generated[:3] = training[100:103]
    expected = memorisation(*sides).indices
    coverage = density_coverage(training[1:], held_out)
    training[0, 0] = value
    np.testing.assert_array_equal(memorisation(*sides).indices, expected)
    found = density_coverage(training, held_out)
    assert found.coverage == pytest.approx(coverage.coverage, abs=0.02)
    generated[5, 1] = value
    far = density_coverage(held_out, generated + 100)
    assert (far.density, far.coverage) == (0, 0)


def test_two_far_groups_have_the_distances_within_them(random):
    X = random.normal(size=(40, 3)) + 1e10 * (np.arange(40)[:, None] % 2)
    index, distance = distances.nearest(X[:20], X[20:])
    whole = cdist(X[:20], X[20:])
    np.testing.assert_array_equal(index, whole.argmin(axis=1))
    np.testing.assert_allclose(distance, whole.min(axis=1))


def test_features_whose_squares_overflow(sides):
    training, generated, held_out = sides
    training[0, 0] = 1e170
    with pytest.raises(ValueError, match="too large for their squares: scale them"):
        memorisation(training, generated, held_out)
