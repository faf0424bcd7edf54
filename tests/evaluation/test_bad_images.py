"""Images that no feature space takes."""

import numpy as np
import pytest

from latentia.evaluation._images import check_images, check_labels

GREY = np.zeros((5, 8, 9), np.uint8)


@pytest.mark.parametrize(
    ("images", "error", "problem"),
    [
        (GREY[0], ValueError, r"shape \(n, H, W\) or \(n, H, W, C\)"),
        (np.zeros((5, 8, 9, 5), np.uint8), ValueError, "1 to 4 channels"),
        (GREY[:, :7], ValueError, "at least 8×8 pixels, got 7×9"),
        (GREY[:0], ValueError, "pictures must be at least 1, got 0 images"),
        (GREY.astype(np.int64), TypeError, "uint8 or float, got int64"),
        (np.full(GREY.shape, np.nan), ValueError, "0..1, got nan"),
        (np.full(GREY.shape, 255.0), ValueError, r"0\.\.1, got 255\.\.255"),
        (GREY > 0, TypeError, "uint8 or float, got bool"),
    ],
)
def test_bad_images(images, error, problem):
    with pytest.raises(error, match=problem):
        check_images(images, "pictures")


def test_another_size():
    with pytest.raises(ValueError, match="pictures must be of 8 × 8, got 8 × 9"):
        check_images(GREY, "pictures", shape=(8, 8))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_rounded(dtype):
    images = np.linspace(0, 1, GREY.size, dtype=dtype).reshape(GREY.shape)
    found = check_images(images, "pictures")
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found / 255, images, atol=0.5 / 255 + 1e-3)


def test_one_channel_has_no_axis():
    assert check_images(GREY[..., np.newaxis], "pictures").shape == GREY.shape


@pytest.mark.parametrize(
    ("labels", "error", "problem"),
    [
        ([1, 2], ValueError, r"classes must have one entry for each of 3"),
        ([[1], [2], [3]], ValueError, r"got the shape \(3, 1\)"),
        ([1.5, 2, 3], TypeError, "integers or strings, got float64"),
        ([None, 1, 2], TypeError, "integers or strings, got object"),
    ],
)
def test_bad_labels(labels, error, problem):
    with pytest.raises(error, match=problem):
        check_labels(labels, 3, "classes")
