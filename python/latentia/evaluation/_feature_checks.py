"""Checks of arrays of features."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import check_count

Features = NDArray[np.float64]


def check_features(features: ArrayLike, name: str, *, least: int = 2) -> Features:
    """Return features (n, d) as float64, or raise."""
    array = np.asarray(features)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be real numbers, got dtype {array.dtype}")
    if array.ndim != 2 or array.shape[1] < 1:
        raise ValueError(
            f"{name} must have the shape (n, d) with d of at least 1, got {array.shape}"
        )
    if len(array) < least:
        raise ValueError(f"{name} must have at least {least} rows, got {len(array)}")
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"{name} must be finite, got {array[row, column]} at row {row}, column "
            f"{column}"
        )
    return np.ascontiguousarray(array, dtype=np.float64)


def check_pair(
    real: ArrayLike, generated: ArrayLike, *, least: int = 2
) -> tuple[Features, Features]:
    """Return both arrays of one feature space as float64, or raise."""
    a = check_features(real, "real", least=least)
    b = check_features(generated, "generated", least=least)
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            "real and generated must be of one feature space, got "
            f"{a.shape[1]} and {b.shape[1]} features"
        )
    return a, b


def check_neighbours(k: object, n: int, name: str) -> int:
    """Return a number of neighbours below the number n of rows, or raise."""
    k = check_count(k, "k", least=1)
    if k >= n:
        raise ValueError(f"k must be less than the {n} rows of {name}, got {k}")
    return k
