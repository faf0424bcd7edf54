"""Grids and PNG files: every pixel where it belongs, files atomically."""

import errno

import numpy as np
import pytest
from PIL import Image

from latentia.datasets.image_grid import image_grid, write_png


def pictures(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("n", [1, 2, 7, 9])
@pytest.mark.parametrize("shape", [(28, 28), (8, 9), (40, 65), (33, 9, 1), (9, 31, 3)])
def test_every_image_has_its_place(n, shape):
    images = pictures(n, *shape)
    found = image_grid(images, 3)
    factor = max(1, 64 // max(shape[:2]))
    high, wide = (factor * side + 1 for side in shape[:2])
    assert found.shape[:2] == (-(-n // 3) * high - 1, 3 * wide - 1)
    for i, image in enumerate(images.reshape(n, *shape[:2], -1)):
        top, left = i // 3 * high, i % 3 * wide
        cell = found[top : top + high - 1, left : left + wide - 1]
        truth = np.kron(image, np.ones((factor, factor, 1), "u1"))
        np.testing.assert_array_equal(cell.reshape(truth.shape), truth)


def test_gaps_are_grey_and_one_pixel_wide():
    found = image_grid(np.zeros((4, 70, 80), np.uint8), 2)
    expected = np.zeros((141, 161), np.uint8)
    expected[70], expected[:, 80] = 128, 128
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("n_channels", [2, 4])
def test_gaps_of_transparent_images_are_transparent(n_channels):
    found = image_grid(np.full((3, 70, 70, n_channels), 255, np.uint8), 2)
    assert found.shape == (141, 141, n_channels)
    assert not found[70, :, -1].any()
    assert not found[71:, 71:, -1].any()
    assert found[:70, :70].min() == 255


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((64, 28, 28), 8), ((6, 10, 60), 1), ((6, 60, 10), 6), ((1, 9, 90), 1)],
)
def test_columns_make_a_grid_about_square(shape, expected):
    images = pictures(*shape)
    np.testing.assert_array_equal(image_grid(images), image_grid(images, expected))


@pytest.mark.parametrize(
    ("n_channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")]
)
def test_files_hold_the_pixels(tmp_path, n_channels, mode):
    image = pictures(9, 12, n_channels)
    write_png(tmp_path / "a.png", image[::-1, :, :])
    with Image.open(tmp_path / "a.png") as file:
        assert (file.format, file.mode) == ("PNG", mode)
        found = np.asarray(file).reshape(image.shape)
    np.testing.assert_array_equal(found, image[::-1])


def test_a_full_disk_leaves_the_earlier_file(tmp_path, monkeypatch):
    write_png(tmp_path / "a.png", pictures(8, 8))
    before = (tmp_path / "a.png").read_bytes()

    def full(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space left"):
        write_png(tmp_path / "a.png", pictures(9, 9))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before


@pytest.mark.parametrize(
    ("images", "columns", "message"),
    [
        (np.zeros((8, 8), np.uint8), None, r"shape \(n, H, W\) .* got \(8, 8\)"),
        (np.zeros((1, 8, 8, 5), np.uint8), None, r"got \(1, 8, 8, 5\)"),
        (np.zeros((0, 8, 8), np.uint8), None, r"got \(0, 8, 8\)"),
        (np.zeros((1, 8, 8)), None, "must be uint8, got float64"),
        (np.zeros((1, 8, 8), np.uint8), 0, "columns must be at least 1, got 0"),
    ],
)
def test_bad_arguments(images, columns, message):
    with pytest.raises(ValueError, match=message):
        image_grid(images, columns)
