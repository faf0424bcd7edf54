"""The first pass over X: what it holds, and whether NMF can take it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.nmf.observed import observed_entries
from latentia.rows import (
    Block,
    Csr,
    Kernel,
    MemoryRows,
    RowSource,
    Summary,
    as_rows,
    length,
    stored_values,
)
from latentia.rows.backend import is_tensor, kernels_of
from latentia.rows.summary import (
    Location,
    least_value,
    rescale_rows,
    summarise_in_range,
    summary_kernel,
)

Array = NDArray[Any]

EPSILON = float(np.finfo(np.float32).eps)

_NEARLY_ALL = 0.9
"""A matrix with this share of nonzero entries counts as one without zeros."""

_MAX_EXPONENT = 60
"""Powers of the data up to 2^60 can be added up in float32."""

_COUNTED_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class DataSize:
    """How large the observed entries of X are.

    Attributes
    ----------
    norm : float
        Their Frobenius norm.
    n_observed : int
        Their number.
    """

    norm: float
    n_observed: int


@dataclass(frozen=True)
class ScannedData:
    """Non-negative rows A (m × n) that are ready for the passes.

    Attributes
    ----------
    rows : RowSource
        A, which is X·unit.
    observed_only : bool
        Whether entries that the rows do not store are missing; if not, they are zeros.
    unit : float
        1; or a power of two if X is so large or small that products of its entries
        would overflow or underflow in its type.
    n_observed, n_observed_rows : int
        Observed entries, and rows with at least one.
    n_nonzero : int, optional
        Entries that are not zero; not for arrays in memory, which can be counted later.
    is_constant : bool
        Whether entries are missing and all others are the same positive number.
    mean, half_square, max : float
        Mean, ½Σa² and maximum of the observed entries of A.
    has_zeros : bool
        Whether an observed entry is zero.
    summary : Summary, optional
        Of the rows; only if unit is 1.
    size : DataSize
        Of X, in the unit of X.
    """

    rows: RowSource
    observed_only: bool
    unit: float
    n_observed: int
    n_observed_rows: int
    n_nonzero: int | None
    is_constant: bool
    mean: float
    half_square: float
    max: float
    has_zeros: bool
    summary: Summary | None
    size: DataSize

    @property
    def floor(self) -> float:
        """Smallest value of w·h that a divergence is divided by."""
        return EPSILON * min(1.0, self.max) if self.max > 0 else EPSILON

    def nonzeros(self, most: float) -> int:
        """Return the number of nonzero entries, or any number ≥ ``most`` below it.

        Stored zeros of sparse rows do not count. If at least 90 % of all entries are
        nonzero, the number of all entries is returned.
        """
        size = count = self.rows.shape[0] * self.rows.shape[1]
        if self.n_nonzero is not None:
            count = self.n_nonzero
        elif isinstance(self.rows, MemoryRows):
            count = _count_nonzeros(stored_values(self.rows.block), most)
        return size if count >= _NEARLY_ALL * size else count


def scan(
    X: Any, missing: str | None, *, beta: float = 2.0, n_threads: int
) -> ScannedData:
    """Read X once and return it with its sizes, or raise if NMF cannot take it.

    Parameters
    ----------
    X : array-like, sparse matrix or rows of shape (n_samples, n_features)
    missing : {"nan", "unobserved"} or None
    beta : float
        Of the divergence: β-th powers of the entries must stay in the range of X's
        type.
    n_threads : int

    Raises
    ------
    ValueError
        If an entry is negative or infinite, or NaN that ``missing`` does not allow.
    """
    rows = as_rows(X)
    observed_only = missing == "unobserved" and rows.sparse
    found = _scan_rows(rows, n_threads)
    if np.isnan(found.least.value):
        where = found.least.within(found.summary.n_blocks)
        rows = observed_entries(rows, missing, where)
        observed_only = True
        found = _scan_rows(rows, n_threads)
    found.summary.check_finite("X")
    if found.least.value < 0:
        raise ValueError(
            f"Negative values in data passed to NMF: X holds {found.least.value:.6g} "
            f"at {found.least.within(found.summary.n_blocks)}"
        )
    summary = summarise_in_range(rows, found.summary, n_threads=n_threads)
    unit = summary.scale
    exponent = int(np.frexp(summary.max_abs)[1])
    if unit == 1.0 and abs(beta) > 2 and abs(beta * exponent) > _MAX_EXPONENT:
        unit = 2.0**-exponent
    if unit != 1.0:
        rows = rescale_rows(rows, unit)
    rest = unit / summary.scale
    n_observed = found.n_stored if observed_only else int(np.prod(rows.shape))
    half_square = float(summary.square_about_zero.sum()) * rest**2 / 2
    total = float((summary.origin * summary.n_rows + summary.sum).sum()) * rest
    return ScannedData(
        rows=rows,
        observed_only=observed_only,
        unit=unit,
        n_observed=n_observed,
        n_observed_rows=found.n_nonempty_rows if observed_only else rows.shape[0],
        n_nonzero=found.n_nonzero,
        is_constant=observed_only
        and n_observed > 1
        and 0 < found.least.value == found.summary.max_abs,
        mean=max(total / max(n_observed, 1), 0.0),
        half_square=half_square,
        max=summary.max_abs * rest,
        has_zeros=found.least.value == 0 or found.n_stored < n_observed,
        summary=summary if unit == 1.0 else None,
        size=DataSize(float(np.sqrt(2 * half_square)) / unit, n_observed),
    )


@dataclass(frozen=True)
class _RowScan:
    """What the pass finds in a run of rows.

    Attributes
    ----------
    summary : Summary
    least : Location
        Of the smallest stored number, or of the first NaN; infinity if nothing is
        stored.
    n_stored : int
    n_nonzero : int, optional
        Counted only for rows outside memory, which would have to be read again.
    n_nonempty_rows : int
        Rows that store an entry.
    """

    summary: Summary
    least: Location
    n_stored: int
    n_nonzero: int | None
    n_nonempty_rows: int

    def __add__(self, other: _RowScan) -> _RowScan:
        """Add the rows that follow."""
        least, summary = self.least, self.summary
        lower = other.least.value < least.value or np.isnan(other.least.value)
        if lower and not np.isnan(least.value):
            least = other.least.after(int(summary.n_rows), summary.n_blocks)
        counted = self.n_nonzero is not None and other.n_nonzero is not None
        return _RowScan(
            summary + other.summary,
            least,
            self.n_stored + other.n_stored,
            self.n_nonzero + other.n_nonzero if counted else None,  # type: ignore[operator]
            self.n_nonempty_rows + other.n_nonempty_rows,
        )


def _scan_rows(rows: RowSource, n_threads: int) -> _RowScan:
    kernel = partial(
        _scan_block,
        summarise=summary_kernel(rows),
        count=not isinstance(rows, MemoryRows),
    )
    return rows.reduce(kernel, n_threads=n_threads)


def _scan_block(
    block: Block,
    n_threads: int,
    *,
    summarise: Kernel[Block, Summary],
    count: bool,
) -> _RowScan:
    values = stored_values(block)
    summary = summarise(block, n_threads)
    n_nonzero = None
    if count:
        n_nonzero = (
            kernels_of(block).count_nonzero(block)
            if is_tensor(block)
            else int(np.count_nonzero(values))
        )
    n_nonempty = length(block)
    if isinstance(block, Csr):
        n_nonempty = int((block.indptr[1:] > block.indptr[:-1]).sum())
    return _RowScan(
        summary,
        least_value(block),
        math.prod(values.shape),
        n_nonzero,
        n_nonempty,
    )


def _count_nonzeros(values: Array, most: float) -> int:
    """Return how many numbers are nonzero; stop counting at ``most``."""
    lines = values if values.flags.c_contiguous or values.ndim == 1 else values.T
    lines = lines.reshape(-1) if lines.flags.c_contiguous else lines
    step, count = max(1, _COUNTED_AT_ONCE // max(1, lines[:1].size)), 0
    for begin in range(0, len(lines), step):
        count += int(np.count_nonzero(lines[begin : begin + step]))
        if count >= most:
            break
    return count
