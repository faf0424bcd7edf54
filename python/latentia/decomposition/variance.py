"""The variance of coordinates, where the mean is far larger than what lies about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.svd import Decomposition
from latentia.rows import Centre, RowSource, Summary, reduce_product
from latentia.rows.backend import kernels_of

Array = NDArray[Any]

_LEAST = 1e-3
"""Rounding of a coordinate that may be noticed, as a part of its deviation."""


def with_variance_of(
    result: Decomposition, rows: RowSource, summary: Summary
) -> Decomposition:
    """Return the decomposition with variances that do not drown in rounding.

    Of coordinates x·v that are about mean·v, rounding of ε·‖mean‖ may be all that is
    left of the variance. Where it could be, the variance is that of (x − mean)·v, in
    one more read of the rows.
    """
    centre = Centre.of(summary)
    deviation = np.sqrt(result.variance) * result.s.astype(np.float64) * summary.scale
    rounding = np.finfo(rows.dtype).eps * np.linalg.norm(centre.value * summary.scale)
    lost = rounding > _LEAST * deviation
    if not lost.any():
        return result
    read, mean = centre.take_off(rows)
    V = np.multiply(result.V, summary.scale, dtype=rows.dtype)
    total, square = reduce_product(
        read, V, _moments, mean=mean, n_threads=result.n_threads
    )
    about = square / summary.n_rows - (total / summary.n_rows) ** 2
    in_unit = (result.s.astype(np.float64) * summary.scale) ** 2
    exact = np.divide(about, in_unit, out=np.zeros_like(about), where=in_unit > 0)
    variance = np.where(lost, exact, result.variance)
    return replace(result, variance=variance, n_passes=result.n_passes + 1)


def _moments(Y: Array, n_threads: int) -> Array:
    """Return Σy and Σy² of the columns (2, k)."""
    total, square, *_rest = kernels_of(Y).summary(Y, np.zeros(Y.shape[1]), n_threads)
    return np.stack([total, square])
