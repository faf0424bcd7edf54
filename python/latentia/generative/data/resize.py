"""Images brought to a wanted size, by the rule that folders of pictures have."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentia.datasets.images import require_pillow, to_array

LEAST_SIDE = 8
"""Pixels; networks halve an image until about 4 are left."""

_MODES: dict[int, Literal["L", "RGB", "RGBA"]] = {1: "L", 3: "RGB", 4: "RGBA"}


def check_size(size: object) -> tuple[int, int] | None:
    """Return (height, width) or None, or raise.

    Raises
    ------
    ValueError
        It is not a pair of integers from 8 up.
    """
    if size is None:
        return None
    wanted = np.asarray(size)
    is_pair = wanted.shape == (2,) and wanted.dtype.kind in "iu"
    if not is_pair or wanted.min() < LEAST_SIDE:
        raise ValueError(
            f"size = {size!r}: (height, width) from {LEAST_SIDE} up is allowed, or None"
        )
    return int(wanted[0]), int(wanted[1])


def resize(
    images: NDArray[np.uint8], size: tuple[int, int] | None
) -> NDArray[np.uint8]:
    """Scale images until they cover a size, and cut them to it about their centres.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, C, H, W)
        With 1 (grey), 3 (RGB) or 4 channels (the last is opacity); 2 have no meaning
        and are scaled one by one.
    size : (height, width) or None
        None, and the size they have, leave them as they are.

    Returns
    -------
    resized : ndarray of uint8, shape (n, C, height, width)

    Raises
    ------
    ImportError
        Pillow is missing.
    """
    if size is None or size == images.shape[2:]:
        return images
    require_pillow()
    resized = np.empty((*images.shape[:2], *size), dtype=np.uint8)
    for i, image in enumerate(images):
        resized[i] = _resize_one(image, size)
    return resized


def _resize_one(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    from PIL import Image

    if len(image) == 2:
        return np.concatenate([_resize_one(plane[None], size) for plane in image])
    mode = _MODES[len(image)]
    pixels = image[0] if mode == "L" else image.transpose(1, 2, 0)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.atleast_3d(to_array(picture, mode, size)).transpose(2, 0, 1)
