"""Random convolutions."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.evaluation.features import (
    FeatureSpace,
    RandomConvFeatures,
)


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_any_channels(squares, channels):
    images, _ = squares(12, channels=channels)
    space = RandomConvFeatures()
    assert isinstance(space, FeatureSpace)
    features = space(images)
    assert features.shape == (12, 256)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(RandomConvFeatures()(images), features)


def test_a_number_that_stays():
    """Weights come from NumPy: no version of torch changes the space."""
    white = np.full((1, 8, 8), 255, np.uint8)
    mean = RandomConvFeatures(seed=1)(white).mean()
    assert mean == pytest.approx(0.32931307, rel=1e-5)


def test_seeds_are_spaces(squares):
    images, _ = squares(5)
    one, other = RandomConvFeatures(seed=1), RandomConvFeatures(seed=2)
    assert one.name == "random convolutions, seed 1"
    assert one.name != other.name
    assert not np.allclose(one(images), other(images))


def test_batches_do_not_matter(squares, monkeypatch):
    from latentia.evaluation.features import _network

    images, _ = squares(23)
    features = RandomConvFeatures()(images)
    monkeypatch.setattr(_network, "_PIXELS", 5 * 8 * 9)
    np.testing.assert_allclose(RandomConvFeatures()(images), features, rtol=1e-5)


def test_storage_does_not_matter(squares):
    images, _ = squares(6, channels=3)
    features = RandomConvFeatures()(images)
    read_only = images.copy(order="F")
    read_only.setflags(write=False)
    np.testing.assert_array_equal(RandomConvFeatures()(read_only), features)
    backwards = images[::-1].copy()[::-1]
    np.testing.assert_array_equal(RandomConvFeatures()(backwards), features)


@pytest.mark.parametrize("shape", [(8, 100), (64, 64), (90, 200)])
def test_any_size(random, shape):
    images = random.integers(0, 256, (2, *shape), dtype=np.uint8)
    assert np.isfinite(RandomConvFeatures()(images)).all()


@pytest.mark.parametrize("seed", [-1, None, 1.5])
def test_bad_seeds(seed):
    with pytest.raises((TypeError, ValueError), match="seed must be"):
        RandomConvFeatures(seed=seed)
