"""What NMF is given: rows, which of their entries are known, and their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import Csr, MemoryRows, as_rows, summarise, times

Array = NDArray[Any]

EPSILON = float(np.finfo(np.float32).eps)

MOST_EXPONENT = 60
"""Of a power that is still added up in float32."""


@dataclass(frozen=True)
class Data:
    """Non-negative rows A (m × n), ready for the passes.

    Attributes
    ----------
    rows : MemoryRows
        A·unit.
    known_only : bool
        Whether entries that the rows do not store are unknown; else they are zeros.
    unit : float
        1, or a power of two for numbers so large or small that products would leave
        the range of their type.
    n_known : int
        Known entries.
    mean, half_square, max : float
        Mean, ½Σa² and maximum of the known entries of ``rows``.
    """

    rows: MemoryRows
    known_only: bool
    unit: float
    n_known: int
    mean: float
    half_square: float
    max: float

    @property
    def floor(self) -> float:
        """Least product that a divergence divides by."""
        return EPSILON * min(1.0, self.max) if self.max > 0 else EPSILON

    @property
    def known_a_row(self) -> float:
        """Known entries of a row, on average."""
        return self.n_known / self.rows.shape[0]

    @property
    def known_a_column(self) -> float:
        """Known entries of a column, on average."""
        return self.n_known / self.rows.shape[1]

    def out_of_unit(self, factor: Array) -> Array:
        """Return a factor of the data that were given."""
        if self.unit == 1.0:
            return factor
        scaled: Array = factor * factor.dtype.type(1 / np.sqrt(self.unit))
        return scaled

    def empty_rows(self) -> Array:
        """Return which rows have no known entry (m,), bool."""
        if not self.known_only:
            return np.zeros(self.rows.shape[0], dtype=bool)
        assert isinstance(self.rows.block, tuple)
        empty: Array = np.diff(self.rows.block[0]) == 0
        return empty

    def empty_columns(self) -> Array:
        """Return which columns have no known entry (n,), bool."""
        n = self.rows.shape[1]
        if not self.known_only:
            return np.zeros(n, dtype=bool)
        assert isinstance(self.rows.block, tuple)
        empty: Array = np.bincount(self.rows.block[1], minlength=n) == 0
        return empty


def take_in(X: Any, missing: str | None, *, beta: float = 2.0, n_threads: int) -> Data:
    """Return X as data; raise if it is negative, infinite, or lacks what it may not.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    missing : {"nan", "unobserved"} or None
    beta : float
        Of the divergence, whose powers must not leave the range of X's type.
    n_threads : int
    """
    rows = as_rows(X)
    least = _least(rows)
    known_only = missing == "unobserved" and rows.sparse
    if np.isnan(least):
        rows = _known_entries(rows, missing)
        known_only = True
        least = _least(rows)
    summary = summarise(rows, n_threads=n_threads)
    if least < 0:
        row, column = _position(rows, least)
        raise ValueError(
            f"Negative values in data passed to NMF: X holds {least:.6g} at row {row}, "
            f"column {column}"
        )
    unit = summary.unit
    exponent = int(np.frexp(summary.max_abs)[1])
    if unit == 1.0 and abs(beta) > 2 and abs(beta * exponent) > MOST_EXPONENT:
        unit = 2.0**-exponent
    if unit != 1.0:
        rows = MemoryRows(times(rows.block, unit), copied=True)
    rest = unit / summary.unit
    n_known = rows.n_stored if known_only else int(np.prod(rows.shape))
    total = float((summary.origin * summary.n_rows + summary.sum).sum()) * rest
    return Data(
        rows=rows,
        known_only=known_only,
        unit=unit,
        n_known=n_known,
        mean=max(total / max(n_known, 1), 0.0),
        half_square=float(summary.square_about_zero.sum()) * rest**2 / 2,
        max=summary.max_abs * rest,
    )


def _values(rows: MemoryRows) -> Array:
    return rows.block[2] if isinstance(rows.block, tuple) else rows.block


def _least(rows: MemoryRows) -> float:
    """Return the least stored number: NaN if there is one."""
    values = _values(rows)
    return float(values.min()) if values.size else 0.0


def _position(rows: MemoryRows, value: float) -> tuple[int, int]:
    """Return the first place (row, column) of a stored number, or of NaN."""
    values = _values(rows)
    there = np.isnan(values) if np.isnan(value) else values == value
    if not isinstance(rows.block, tuple):
        row, column = np.argwhere(there)[0]
        return int(row), int(column)
    entry = int(np.argmax(there))
    row = int(np.searchsorted(rows.block[0], entry, side="right")) - 1
    return row, int(rows.block[1][entry])


def _known_entries(rows: MemoryRows, missing: str | None) -> MemoryRows:
    """Return the rows without what is NaN, or raise if that may not be."""
    row, column = _position(rows, np.nan)
    if missing is None:
        raise ValueError(
            f"X contains NaN at row {row}, column {column}; missing='nan' takes NaN "
            "for an unknown entry"
        )
    if rows.sparse and missing == "nan":
        raise ValueError(
            f"X is sparse and contains NaN at row {row}, column {column}: with "
            "missing='nan' what it does not store is zero, and known. Use "
            "missing='unobserved' or X.toarray()"
        )
    m, n = rows.shape
    known = ~np.isnan(_values(rows))
    if isinstance(rows.block, tuple):
        return MemoryRows(only(rows.block, known), copied=True)
    count = int(known.sum())
    index = np.int32 if max(count, n) < 2**31 else np.int64
    start = np.zeros(m + 1, dtype=index)
    np.cumsum(known.sum(axis=1), out=start[1:])
    columns = np.nonzero(known)[1].astype(index)
    values = np.ascontiguousarray(rows.block[known])
    return MemoryRows((start, columns, values, n), copied=True)


def only(entries: Csr, kept: Array) -> Csr:
    """Return the stored entries for which ``kept`` (stored,) is true."""
    row_start, columns, values, n = entries
    before = np.concatenate([[0], np.cumsum(kept)])
    return before[row_start].astype(row_start.dtype), columns[kept], values[kept], n
