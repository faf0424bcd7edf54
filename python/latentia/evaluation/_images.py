"""Checks of images and labels; images become uint8, one channel has no axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.datasets.levels import as_bytes, plain_array

Images = NDArray[np.uint8]

_LEAST_SIDE = 8

_BLOCK = 2**22
"""Values that are converted at a time: there is no second copy of all."""


def check_images(
    images: ArrayLike,
    name: str,
    *,
    least: int = 1,
    shape: tuple[int, ...] | None = None,
) -> Images:
    """Return images as uint8, (n, H, W) or (n, H, W, 2 to 4), or raise.

    As in a model's ``fit``, values can be integers 0..255, floats 0..1 or booleans, in
    arrays, nested lists or tensors; tensors can have their channels first. ``shape`` is
    the required shape of one returned image.
    """
    array = plain_array(images)
    if array is not images and array.ndim == 4 and hasattr(images, "detach"):
        in_front = array.shape[1] in (1, 2, 3, 4)
        array = np.moveaxis(array, 1, 3) if in_front else array
    grey = array.ndim == 3
    if not grey and not (array.ndim == 4 and array.shape[3] in (1, 2, 3, 4)):
        raise ValueError(
            f"{name} must have the shape (n, H, W) or (n, H, W, C) with 1 to 4 "
            f"channels, got {array.shape}"
        )
    if len(array) < least:
        raise ValueError(f"{name} must be at least {least} images, got {len(array)}")
    if min(array.shape[1:3]) < _LEAST_SIDE:
        raise ValueError(
            f"{name} must be at least {_LEAST_SIDE}×{_LEAST_SIDE} pixels, got "
            f"{array.shape[1]}×{array.shape[2]}"
        )
    array = array[..., 0] if array.shape[3:] == (1,) else array
    if shape is not None and array.shape[1:] != shape:
        raise ValueError(
            f"{name} must have the size {' × '.join(map(str, shape))}, got "
            f"{' × '.join(map(str, array.shape[1:]))}"
        )
    return _as_uint8(array, name)


def check_labels(labels: ArrayLike, n: int, name: str) -> NDArray[Any]:
    """Return one label per image, or raise."""
    array = plain_array(labels)
    if array.dtype.kind in "OT" and array.ndim == 1:  # as data frames have them
        values = array.tolist()
        if all(isinstance(value, str) for value in values):
            array = np.array(values, dtype=np.str_)
        elif all(isinstance(value, int | np.integer) for value in values):
            array = np.array(values, dtype=np.int64)
    whole = array.dtype.kind == "f" and bool(
        (np.isfinite(array) & (array == np.rint(array))).all()
    )
    if whole or array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iuU":
        raise TypeError(f"{name} must be integers or strings, got dtype {array.dtype}")
    if array.shape != (n,):
        raise ValueError(
            f"{name} must have one entry for each of {n} images, got the shape "
            f"{array.shape}"
        )
    return array


def _as_uint8(array: NDArray[Any], name: str) -> Images:
    if array.dtype == np.uint8:
        return array
    levels = np.empty(array.shape, dtype=np.uint8)
    step = max(1, _BLOCK // max(1, int(np.prod(array.shape[1:]))))
    for start in range(0, len(array), step):
        block = array[start : start + step]
        levels[start : start + step] = as_bytes(block, start, name=name)
    return levels
