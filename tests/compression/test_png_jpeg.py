"""What PNG and JPEG make of the same images."""

import numpy as np
import pytest

pytest.importorskip("PIL")

from latentia.compression.png_jpeg import as_jpeg, as_png


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("error", [0.02, 0.3])
def test_noise_fits_into_no_pixel_a_byte_but_into_a_jpeg(error):
    images = noise(1, 200, 210, 3)
    found = as_jpeg(images, error)
    assert 0 < found.error <= error
    assert (found.nbytes > 200 * 210) == (error == 0.02)


def test_png_loses_nothing():
    assert as_png(noise(3, 8, 9, 4)).error == 0


@pytest.mark.parametrize("shape", [(1, 8, 8, 2), (2, 8, 8, 4), (1, 1, 70_000, 1)])
def test_what_jpeg_cannot_keep(shape):
    assert as_jpeg(noise(*shape), 0.5) is None
