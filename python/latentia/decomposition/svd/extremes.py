"""Matrices whose numbers are near the ends of their type's range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from latentia.decomposition.svd.result import Decomposition
from latentia.rows import RowSource, Summary
from latentia.rows.summary import rescale_rows


def in_safe_unit(rows: RowSource, summary: Summary) -> tuple[RowSource, Summary, float]:
    """Return rows that can be multiplied with, their summary, and what they were times.

    A unit on the narrow matrices keeps A·X in range, but not Aᵀ·(A·X) on its way: sums
    over the rows are m times a number of A. 2^96 leaves room for 2^30 of these in
    float32, 2^960 in float64. Beyond, the rows are read in a unit of their own, a power
    of two.
    """
    most = 96 if rows.dtype == np.float32 else 960
    if abs(np.frexp(summary.scale)[1] - 1) <= most:
        return rows, summary, 1.0
    return rescale_rows(rows, summary.scale), replace(summary, scale=1.0), summary.scale


def in_unit_of_rows(result: Decomposition, unit: float) -> Decomposition:
    """Return a decomposition of A·unit as that of A.

    Raises
    ------
    ValueError
        If a singular value is too large for the type.
    """
    if unit == 1.0:
        return result
    dtype = result.s.dtype
    with np.errstate(over="ignore"):
        s = (result.s.astype(np.float64) / unit).astype(dtype)
        residuals, bound = result.residuals / unit, result.error_bound / unit
    if not np.isfinite(s).all():
        exponent = np.log10(float(result.s[0])) - np.log10(unit)
        raise ValueError(
            f"the largest singular value is about 10^{exponent:.2f}, more than {dtype} "
            f"holds ({np.finfo(dtype).max:.3g}): give the matrix in another unit"
            + (", or as float64" if dtype == np.float32 else "")
        )
    return replace(result, s=s, residuals=residuals, error_bound=bound)
