"""Images converted to a size and mode, by the rules of image folders."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_choice
from latentia.datasets.images import Mode, require_pillow, to_array

LEAST_SIDE = 8
"""Pixels; networks halve an image until about 4 are left."""

_MODES: dict[int, Mode] = {1: "L", 3: "RGB", 4: "RGBA"}


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
            f"size must be (height, width) of at least {LEAST_SIDE} each or None, got "
            f"{size!r}"
        )
    return int(wanted[0]), int(wanted[1])


def check_mode(mode: Any) -> Mode | None:
    """Return "L", "RGB", "RGBA" or None, or raise a ValueError."""
    if mode is not None and mode not in get_args(Mode):
        check_choice(mode, "mode", get_args(Mode), alternative="None")
    checked: Mode | None = mode
    return checked


def mode_of(n_channels: int) -> Mode | None:
    """Return the mode of images of so many channels; 2 have none."""
    return _MODES.get(n_channels)


def resize(
    images: NDArray[np.uint8], size: tuple[int, int] | None, mode: Mode | None = None
) -> NDArray[np.uint8]:
    """Scale images until they cover a size, and crop them about their centres.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, C, H, W)
        With 1 (grey), 3 (RGB) or 4 channels (the last is opacity); 2 have no meaning
        and are scaled one by one.
    size : (height, width) or None
        None, or their own size, leaves them as they are.
    mode : {"L", "RGB", "RGBA"} or None
        The new mode; without transparency, images are put on white. None, or their own
        mode, leaves them as they are.

    Returns
    -------
    resized : ndarray of uint8, shape (n, channels, height, width)

    Raises
    ------
    ImportError
        Pillow is missing.
    ValueError
        They have two channels, which have no mode.
    """
    n, n_channels, height, width = images.shape
    if n_channels == 2 and mode is not None:
        raise ValueError(
            f"X has images of 2 channels, which cannot be converted to mode {mode!r}"
        )
    size, mode = size or (height, width), mode or mode_of(n_channels)
    if size == (height, width) and mode == mode_of(n_channels):
        return images
    require_pillow()
    n_wanted = 2 if mode is None else len(mode)
    resized = np.empty((n, n_wanted, *size), dtype=np.uint8)
    for i, image in enumerate(images):
        resized[i] = _resize_one(image, size, mode)
    return resized


def _resize_one(
    image: NDArray[np.uint8], size: tuple[int, int], mode: Mode | None
) -> NDArray[np.uint8]:
    from PIL import Image

    if mode is None:
        return np.concatenate([_resize_one(plane[None], size, "L") for plane in image])
    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.atleast_3d(to_array(picture, mode, size)).transpose(2, 0, 1)
