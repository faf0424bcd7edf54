"""Checks of the arguments of :func:`compress`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_real
from latentia.datasets import images as pictures

Array = NDArray[Any]

MOST_CHANNELS = 4


def axes_of(array: Array) -> tuple[bool, bool]:
    """Tell whether there is an axis of images, and one of channels."""
    if array.ndim == 3:
        has_channels = array.shape[2] <= MOST_CHANNELS
        return not has_channels, has_channels
    return array.ndim == 4, array.ndim == 4


def check_error(error: object, name: str = "error") -> float:
    """Return the relative error that is allowed, or raise."""
    return check_real(error, name, above=0, below=1)


_DARKEST = 1e-30
"""Squares of smaller numbers are lost in float32."""


def check_images(images: Any) -> Array:
    """Return the images as an array, or raise."""
    array = np.asarray(images)
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise TypeError(
            f"images must be uint8, or float from 0 to 1, got dtype {array.dtype}"
        )
    if array.ndim not in (2, 3, 4) or array.size == 0:
        raise ValueError(
            "images must have shape (H, W), (H, W, C), (n, H, W) or (n, H, W, C) and "
            f"at least one pixel, got {array.shape}"
        )
    if array.ndim == 4 and array.shape[3] > MOST_CHANNELS:
        raise ValueError(
            f"images must have 1 to {MOST_CHANNELS} channels, got {array.shape[3]}"
        )
    n_pixels = array.size // (array.shape[-1] if axes_of(array)[1] else 1)
    if n_pixels > pictures.MAX_PIXELS:
        raise ValueError(
            f"images must have at most {pictures.MAX_PIXELS} pixels "
            f"(latentia.datasets.images.MAX_PIXELS), got {n_pixels} pixels"
        )
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):  # NaN is neither
            raise ValueError(
                f"images of floats must be from 0 to 1, got {low:g} to {high:g}"
            )
        if 0 < high < _DARKEST:
            raise ValueError(
                f"images of floats must be from 0 to 1, got {low:g} to {high:g}: scale "
                "them"
            )
    return array
