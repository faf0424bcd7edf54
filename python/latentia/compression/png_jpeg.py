"""The same images as PNG and JPEG, for comparison."""

from __future__ import annotations

import io
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia.compression.loss import squares
from latentia.datasets.images import require_pillow

Pixels = NDArray[np.uint8]

_QUALITIES = range(1, 101)
_MOST_PIXELS_ASIDE = 65_500  # of a JPEG


class Encoded(NamedTuple):
    """A file of another format: its size, its error and its settings."""

    nbytes: int
    error: float
    psnr: float
    setting: str


def as_png(images: Pixels) -> Encoded:
    """Compress images (n, H, W, C) as PNG, several images as one grid.

    Raises
    ------
    ImportError
        If Pillow is missing.
    """
    return Encoded(len(_encode(_grid(images), "PNG", optimize=True)), 0, math.inf, "")


def as_jpeg(images: Pixels, error: float) -> Encoded | None:
    """Return the smallest JPEG within a relative error.

    The lowest quality that reaches it, with and without chroma subsampling.

    Returns
    -------
    Encoded or None
        None if no quality reaches the error, or the images have transparency or are
        too large.

    Raises
    ------
    ImportError
        If Pillow is missing.
    """
    grid = _grid(images)
    if images.shape[3] in (2, 4) or max(grid.shape) > _MOST_PIXELS_ASIDE:
        return None
    samplings = ("4:4:4", "4:2:0") if images.shape[3] == 3 else ("grey",)
    found = [_lowest_quality(grid, error, sampling) for sampling in samplings]
    return min((jpeg for jpeg in found if jpeg is not None), default=None)


def _lowest_quality(grid: Pixels, error: float, sampling: str) -> Encoded | None:
    best = None
    low, high = _QUALITIES[0], _QUALITIES[-1]
    colours = {} if sampling == "grey" else {"subsampling": sampling}
    while low <= high:
        quality = (low + high) // 2
        data = _encode(grid, "JPEG", quality=quality, optimize=True, **colours)
        reached, psnr = _compare(grid, _decode(data))
        if reached <= error:
            best = Encoded(len(data), reached, psnr, f"quality {quality}, {sampling}")
            high = quality - 1
        else:
            low = quality + 1
    return best


def _compare(a: Pixels, b: Pixels) -> tuple[float, float]:
    """Return the relative error and the PSNR of b."""
    norm = math.sqrt(squares(a[np.newaxis]))
    loss = squares(a[np.newaxis], b[np.newaxis])
    if loss == 0:
        return 0.0, math.inf
    return (
        math.sqrt(loss) / norm if norm else math.inf,
        10 * math.log10(255**2 * a.size / loss),
    )


def _grid(images: Pixels) -> Pixels:
    """Arrange images in a grid that is about square."""
    n, height, width, channels = images.shape
    across = min(n, max(1, round(math.sqrt(n * height / width))))
    down = -(-n // across)
    page = np.zeros((down * across, height, width, channels), np.uint8)
    page[:n] = images
    page = page.reshape(down, across, height, width, channels).swapaxes(1, 2)
    page = page.reshape(down * height, across * width, channels)
    return page[..., 0] if channels == 1 else page


def _encode(grid: Pixels, format: str, **settings: Any) -> bytes:
    require_pillow()
    from PIL import Image, ImageFile

    buffer = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(grid))
    # Pillow allocates one byte per pixel for JPEG, which is too little for noise.
    usual = ImageFile.MAXBLOCK
    ImageFile.MAXBLOCK = max(usual, 2 * grid.nbytes)
    try:
        picture.save(buffer, format, **settings)
    finally:
        ImageFile.MAXBLOCK = usual
    return buffer.getvalue()


def _decode(data: bytes) -> Pixels:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(data)))
