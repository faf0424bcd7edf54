"""Compression: the error asked for is met, and the file is smaller than the pixels."""

import math

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from latentia.compression import compress
from latentia.datasets import images as pictures


def smooth(*shape, seed=0):
    """Return uint8 images (..., H, W, C) of a few waves and a little noise."""
    rng = np.random.default_rng(seed)
    *n, height, width, channels = shape
    y, x = np.mgrid[:height, :width] / 16
    waves = rng.uniform(-2, 2, (*n, 1, 1, channels, 2))
    phase = waves[..., 0] * y[..., None] + waves[..., 1] * x[..., None]
    noise = rng.normal(0, 2, shape)
    return np.clip(128 + 90 * np.sin(phase) + noise, 0, 255).astype(np.uint8)


def relative_error(images, result):
    images = images.astype(float)
    return np.linalg.norm(images - result) / np.linalg.norm(images)


IMAGES = {
    "grey": smooth(50, 70, 1)[..., 0],
    "grey with an axis": smooth(50, 70, 1),
    "grey and opacity": smooth(33, 47, 2),
    "colour": smooth(61, 45, 3),
    "colour and opacity": smooth(61, 45, 4),
    "flat": smooth(3, 400, 3),
    "thin": smooth(400, 1, 1)[..., 0],
    "stack": smooth(40, 13, 9, 1)[..., 0],
    "colour stack": smooth(20, 17, 19, 3),
    "stack of one": smooth(1, 40, 40, 3),
    "float": smooth(50, 70, 3).astype(np.float64) / 255,
    "half floats": (smooth(50, 70, 3) / 255).astype(np.float16),
}


@pytest.mark.parametrize("images", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("error", [0.03, 0.2])
def test_the_error_is_met_by_a_smaller_file(images, error):
    found = compress(images, error, random_state=0)
    result = found.to_images()
    assert result.shape == images.shape == found.shape
    assert result.dtype == (np.uint8 if images.dtype == np.uint8 else np.float32)
    assert relative_error(images, result) <= error
    assert found.error == pytest.approx(relative_error(images, result), rel=1e-6)
    peak = 255 if images.dtype == np.uint8 else 1
    mean_square = np.mean((images.astype(float) - result) ** 2)
    assert found.psnr == pytest.approx(10 * math.log10(peak**2 / mean_square), rel=1e-6)
    assert found.nbytes < found.raw_nbytes == result.nbytes
    assert found.ratio == found.raw_nbytes / found.nbytes


def test_little_is_left_of_the_error_that_is_allowed():
    sizes = []
    for error in (0.01, 0.03, 0.08):
        found = compress(IMAGES["colour"], error, random_state=0)
        assert 0.93 * error < found.error <= error
        sizes.append(found.nbytes)
    assert sizes == sorted(sizes, reverse=True)


def test_an_error_below_rounding_is_met_without_any():
    shades = np.random.default_rng(0).integers(0, 8, (10, 12))
    tiles = np.kron(30 * shades, np.ones((4, 4))).astype(np.uint8)
    found = compress(tiles, 1e-5, random_state=0)
    assert (found.error, found.psnr) == (0, math.inf)
    np.testing.assert_array_equal(found.to_images(), tiles)


def test_few_images_explain_a_stack_of_mixtures():
    rng = np.random.default_rng(0)
    parts = rng.random((3, 12, 11))
    images = np.einsum("nk,kij->nij", rng.random((300, 3)), parts) / 3
    found = compress(images, 0.01, random_state=0)
    assert found.rank == 3
    assert found.components.shape == (3, 12, 11)
    lengths = np.linalg.norm(found.components.reshape(3, -1), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=0.02)
    assert "300×12×11 at rank 3" in repr(found)


@pytest.mark.parametrize("method", ["svd", "nmf"])
def test_black_images_have_rank_0_and_constant_ones_rank_1(method):
    black = compress(np.zeros((20, 30, 3), np.uint8), method=method, random_state=0)
    assert (black.rank, black.error, black.psnr) == (0, 0, math.inf)
    assert not black.to_images().any()
    grey = np.full((20, 30), 77, np.uint8)
    constant = compress(grey, method=method, random_state=0)
    assert constant.rank == 1
    assert len(np.unique(constant.to_images())) == 1


@pytest.mark.parametrize("images", [IMAGES["colour"], IMAGES["stack"]])
def test_parts_are_not_negative(images):
    found = compress(images, 0.25, method="nmf", random_state=0)
    assert relative_error(images, found.to_images()) <= 0.25
    assert (found.components >= 0).all()
    whole = images.shape[1:] if images.shape[0] == 40 else (8, 8, 3)
    assert found.components.shape == (found.rank, *whole)


def test_an_error_that_no_number_of_parts_meets():
    noise = np.random.default_rng(0).integers(0, 256, (40, 10, 10), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"must be larger with .*: 40 components"):
        compress(noise, 0.001, method="nmf", random_state=0)


def test_the_file_is_the_same_for_every_number_of_threads(monkeypatch):
    files = set()
    for n in ("1", "2"):
        monkeypatch.setenv("LATENTIA_NUM_THREADS", n)
        with threadpool_limits(int(n)):
            found = compress(IMAGES["colour stack"], 0.05, random_state=0)
            files.add((found._data, found.to_images().tobytes()))
    assert len(files) == 1


def test_what_does_not_become_smaller():
    pixels = np.random.default_rng(0).integers(0, 256, (24, 24), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"got 0.001: .* 576 bytes.* PNG"):
        compress(pixels, 0.001, random_state=0)
    with pytest.raises(ValueError, match="1 byte of the raw"):
        compress(pixels[:1, :1])
    with pytest.raises(ValueError, match="error must be larger, got 1e-10"):
        compress(pixels / 255, 1e-10)


@pytest.mark.parametrize("error", [0, 1, -0.1, 2, math.nan, math.inf])
def test_an_error_out_of_range(error):
    with pytest.raises(ValueError, match=r"error must be .* above 0 and below 1, got"):
        compress(IMAGES["grey"], error)


@pytest.mark.parametrize("error", [True, "0.02", None, 0.02j, np.bool_(True)])
def test_an_error_that_is_no_number(error):
    with pytest.raises(TypeError, match="error must be a number"):
        compress(IMAGES["grey"], error)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (np.zeros((0, 4), np.uint8), r"got \(0, 4\)"),
        (np.zeros(5, np.uint8), r"got \(5,\)"),
        (np.zeros((1, 2, 3, 1, 1), np.uint8), "shape"),
        (np.zeros((2, 8, 8, 5), np.uint8), "1 to 4 channels, got 5"),
        (np.array([[0.5, np.nan]]), "from 0 to 1, got nan"),
        (np.array([[0.5, np.inf]]), "got 0.5 to inf"),
        (np.array([[-0.1, 0.5]]), "got -0.1"),
        (np.array([[0.5, 200.0]]), "got 0.5 to 200"),
    ],
)
def test_images_that_are_none(images, says):
    with pytest.raises(ValueError, match=says):
        compress(images)


@pytest.mark.parametrize("dtype", [np.int64, bool, complex, "U1"])
def test_types_that_are_not_of_pixels(dtype):
    with pytest.raises(TypeError, match="images must be uint8"):
        compress(np.zeros((4, 4), dtype))


def test_more_pixels_than_a_file_may_have(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 3499)
    with pytest.raises(ValueError, match="3500 pixels"):
        compress(IMAGES["grey with an axis"])


def test_an_unknown_method():
    with pytest.raises(ValueError, match="method must be one of svd, nmf"):
        compress(IMAGES["grey"], method="pca")
