"""Copies of training samples are found, with what they are copies of."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from latentia.evaluation import distances, memorisation


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
