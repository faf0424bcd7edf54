"""What :func:`compress` takes."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.datasets import images as pictures

Array = NDArray[Any]

MOST_CHANNELS = 4


def axes_of(array: Array) -> tuple[bool, bool]:
    """Tell whether there is an axis of images, and one of channels."""
    if array.ndim == 3:
        has_channels = array.shape[2] <= MOST_CHANNELS
        return not has_channels, has_channels
    return array.ndim == 4, array.ndim == 4


def check_error(error: object) -> float:
    """Return the error, or raise."""
    real = isinstance(error, numbers.Real) and not isinstance(error, bool | np.bool_)
    if not real:
        raise TypeError(f"error must be a number between 0 and 1, got {error!r}")
    if not 0 < float(error) < 1:  # type: ignore[arg-type]
        raise ValueError(f"error must be between 0 and 1, got {error!r}")
    return float(error)  # type: ignore[arg-type]


def check_images(images: Any) -> Array:
    """Return the images as an array, or raise."""
    array = np.asarray(images)
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise TypeError(
            f"images must be uint8, or float from 0 to 1, got {array.dtype}"
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
            f"images have {n_pixels} pixels, more than MAX_PIXELS = "
            f"{pictures.MAX_PIXELS} of latentia.datasets.images"
        )
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):  # NaN is neither
            raise ValueError(
                f"images of type float must be from 0 to 1, got {low:g} to {high:g}"
            )
    return array
