"""Checks of images, and their form inside: uint8, one channel without an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Images = NDArray[np.uint8]

_LEAST_SIDE = 8


def check_images(
    images: ArrayLike,
    name: str,
    *,
    least: int = 1,
    shape: tuple[int, ...] | None = None,
) -> Images:
    """Return images as uint8, (n, H, W) or (n, H, W, 2 to 4), or raise.

    ``shape`` is what one image must have, in this form.
    """
    array = np.asarray(images)
    grey = array.ndim == 3
    if not grey and not (array.ndim == 4 and array.shape[3] in (1, 2, 3, 4)):
        raise ValueError(
            f"{name} must have the shape (n, H, W) or (n, H, W, C) with 1 to 4 "
            f"channels, got {array.shape}"
        )
    if len(array) < least:
        raise ValueError(f"{name} must be at least {least}, got {len(array)} images")
    if min(array.shape[1:3]) < _LEAST_SIDE:
        raise ValueError(
            f"{name} must be at least {_LEAST_SIDE}×{_LEAST_SIDE} pixels, got "
            f"{array.shape[1]}×{array.shape[2]}"
        )
    array = array[..., 0] if array.shape[3:] == (1,) else array
    if shape is not None and array.shape[1:] != shape:
        raise ValueError(
            f"{name} must be of {' × '.join(map(str, shape))}, got "
            f"{' × '.join(map(str, array.shape[1:]))}"
        )
    return _as_uint8(array, name)


def check_labels(labels: ArrayLike, n: int, name: str) -> NDArray[Any]:
    """Return one label an image, or raise."""
    array = np.asarray(labels)
    if array.dtype.kind not in "iuU":
        raise TypeError(f"{name} must be integers or strings, got {array.dtype}")
    if array.shape != (n,):
        raise ValueError(
            f"{name} must have one entry for each of {n} images, got the shape "
            f"{array.shape}"
        )
    return array


def _as_uint8(array: NDArray[Any], name: str) -> Images:
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f":
        raise TypeError(f"{name} must be uint8 or float, got {array.dtype}")
    if array.size:
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):  # false for NaN
            raise ValueError(
                f"{name} of floats must lie in 0..1, got {low:.3g}..{high:.3g}"
            )
    return np.asarray(np.rint(255 * array), dtype=np.uint8)
