"""Pixels on principal axes."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from latentia.evaluation.features import FeatureSpace, PixelFeatures


@pytest.fixture
def images(squares):
    return squares(90)[0]


def test_like_scikit_learn(images):
    rows = images.reshape(90, -1) / 255
    expected = PCA(5, svd_solver="full").fit(rows).transform(rows)
    found = PixelFeatures(images, 5)(images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-3)


def test_distances_are_those_of_the_pixels(images):
    """Where no axis is left out."""
    found = PixelFeatures(images, 72)(images)
    expected = np.linalg.norm((images[0] / 255) - (images[1] / 255))
    assert np.linalg.norm(found[0] - found[1]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("n", "d"), [(90, 64), (20, 19), (2, 1)])
def test_as_many_axes_as_there_are(images, n, d):
    assert PixelFeatures(images[:n])(images).shape == (90, d)


def test_names_tell_spaces_apart(images):
    space = PixelFeatures(images)
    assert isinstance(space, FeatureSpace)
    assert space.name == PixelFeatures(images / 255).name
    assert space.name != PixelFeatures(images[1:]).name
    assert space.name.startswith("pixel PCA ")


def test_colour(squares):
    images, _ = squares(30, channels=3)
    assert PixelFeatures(images, 4)(images[:7]).shape == (7, 4)


def test_other_images(images):
    with pytest.raises(ValueError, match="size 8 × 9, got 9 × 8"):
        PixelFeatures(images)(images.swapaxes(1, 2))


@pytest.mark.parametrize("n_components", [0, -1])
def test_no_components(images, n_components):
    with pytest.raises(ValueError, match="n_components must be at least 1"):
        PixelFeatures(images, n_components)
