"""Grids of images, and PNG files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_count
from latentia._files import replacing
from latentia.datasets.images import require_pillow

_CELL = 64
"""Smaller images are magnified by the largest integer factor within this size."""

_GAP_SHADE = 128
"""Mid-grey separates images with black and with white background."""


def image_grid(
    images: NDArray[np.uint8], columns: int | None = None
) -> NDArray[np.uint8]:
    """Arrange images in a grid, row by row, with gaps of one pixel.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        C is 1 (grey), 2 (grey and opacity), 3 (RGB) or 4 (RGBA).
    columns : int, optional
        Images per row; by default the grid is about square.

    Returns
    -------
    grid : ndarray of uint8, shape (height, width) or (height, width, C)
        With opacity, gaps and unused places are transparent.

    Raises
    ------
    ValueError, TypeError
        If the images have another shape or type, there are none, or ``columns`` is not
        an integer of at least 1.
    """
    pixels = with_channels(images)
    n, height, width, n_channels = pixels.shape
    if columns is None:
        columns = min(n, max(1, round(math.sqrt(n * height / width))))
    else:
        columns = check_count(columns, "columns", least=1)
    factor = max(1, _CELL // max(height, width))
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)

    rows, (_, high, wide, _) = math.ceil(n / columns), pixels.shape
    page = np.full((rows * columns, high + 1, wide + 1, n_channels), _GAP_SHADE, "u1")
    if n_channels in (2, 4):
        page[..., -1] = 0
    page[:n, :high, :wide] = pixels
    page = page.reshape(rows, columns, high + 1, wide + 1, n_channels)
    page = page.swapaxes(1, 2).reshape(rows * (high + 1), -1, n_channels)
    page = page[:-1, :-1]  # no gap after the last
    return page[..., 0] if n_channels == 1 else page


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Write an image (H, W) or (H, W, C) as a PNG file, atomically.

    Raises
    ------
    ValueError
        If the image has another shape or type.
    OSError
        If the file cannot be written.
    ImportError
        If pillow is not installed.
    """
    pixels = with_channels(image[np.newaxis])[0]
    picture = as_picture(pixels)
    with replacing(path) as temporary:
        picture.save(temporary, format="PNG")


def as_picture(pixels: NDArray[np.uint8]) -> Any:
    """Return pixels (H, W, C) as an image of Pillow."""
    require_pillow()
    from PIL import Image

    grey = pixels.shape[2] == 1
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if grey else pixels))


def with_channels(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images as (n, H, W, C), or raise."""
    pixels = images[..., np.newaxis] if images.ndim == 3 else images
    if pixels.ndim != 4 or not 1 <= pixels.shape[3] <= 4 or pixels.size == 0:
        raise ValueError(
            "images must have shape (n, H, W) or (n, H, W, C), C in 1..4, "
            f"got {images.shape}"
        )
    if pixels.dtype != np.uint8:
        raise ValueError(f"images must be uint8, got {pixels.dtype}")
    return pixels
