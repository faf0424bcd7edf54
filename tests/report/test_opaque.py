"""Images as they can be drawn."""

import numpy as np
import pytest

from latentia.report.opaque import opaque


@pytest.mark.parametrize("shape", [(3, 8, 9), (3, 8, 9, 3)])
def test_opaque_images_stay(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(opaque(images), images)


def test_transparent_images_lie_on_grey(clear_images):
    found = opaque(clear_images)
    assert found.shape == (*clear_images.shape[:3], 3)
    assert found.dtype == np.uint8
    clear = clear_images.copy()
    clear[..., 3] = 0
    assert (opaque(clear) == 191).all()
    clear[..., 3] = 255
    np.testing.assert_array_equal(opaque(clear), clear[..., :3])
    clear[..., 3] = 51  # a fifth
    expected = 0.8 * 191 + 0.2 * clear[..., :3]
    np.testing.assert_allclose(opaque(clear), expected, atol=0.51)


def test_grey_with_transparency_is_grey(clear_images):
    grey = clear_images[..., [0, 3]]
    assert opaque(grey).shape == grey.shape[:3]
    np.testing.assert_array_equal(opaque(grey), opaque(clear_images)[..., 0])


def test_one_channel_needs_no_axis(clear_images):
    one = clear_images[..., :1]
    np.testing.assert_array_equal(opaque(one), one[..., 0])
