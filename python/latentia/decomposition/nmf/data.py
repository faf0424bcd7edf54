"""What NMF is given: rows, which of their entries are known, and their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.nmf.factor import fill_unknown, mean_of_known
from latentia.decomposition.nmf.intake import count_nonzeros, intake
from latentia.decomposition.nmf.known import (
    count_in_columns,
    known_entries,
)
from latentia.rows import (
    MemoryRows,
    RowSource,
    RowState,
    Summary,
    as_rows,
    rescale_rows,
    scale_columns,
    stored_values,
    summarise_in_range,
)

Array = NDArray[Any]

EPSILON = float(np.finfo(np.float32).eps)

_NEARLY_ALL = 0.9

MOST_EXPONENT = 60
"""Of a power that is still added up in float32."""


@dataclass(frozen=True)
class DataSize:
    """How large the known entries of X are.

    Attributes
    ----------
    norm : float
        Their Frobenius norm.
    n_known : int
    """

    norm: float
    n_known: int


@dataclass(frozen=True)
class Data:
    """Non-negative rows A (m × n), ready for the passes.

    Attributes
    ----------
    rows : RowSource
        A·unit.
    known_only : bool
        Whether entries that the rows do not store are unknown; else they are zeros.
    unit : float
        1, or a power of two for numbers so large or small that products would leave
        the range of their type.
    n_known, n_known_rows : int
        Known entries, and rows that have one.
    n_nonzero : int, optional
        Entries that are not zero, counted for rows that are elsewhere.
    one_value : bool
        Whether some entries are unknown, and all others are the same number above zero.
    mean, half_square, max : float
        Mean, ½Σa² and maximum of the known entries of ``rows``.
    has_zeros : bool
        Whether a known entry is zero.
    summary : Summary, optional
        Of the rows, if they are in the unit that they came in.
    """

    rows: RowSource
    known_only: bool
    unit: float
    n_known: int
    n_known_rows: int
    n_nonzero: int | None
    one_value: bool
    mean: float
    half_square: float
    max: float
    has_zeros: bool
    summary: Summary | None

    @property
    def floor(self) -> float:
        """Least product that a divergence divides by."""
        return EPSILON * min(1.0, self.max) if self.max > 0 else EPSILON

    @property
    def size(self) -> DataSize:
        """The size of the known entries of X, in the unit of X."""
        return DataSize(float(np.sqrt(2 * self.half_square)) / self.unit, self.n_known)

    @property
    def known_a_row(self) -> float:
        """Known entries of a row, on average."""
        return self.n_known / self.rows.shape[0]

    @property
    def known_a_column(self) -> float:
        """Known entries of a column, on average."""
        return self.n_known / self.rows.shape[1]

    def nonzeros(self, most: float) -> int:
        """Return how many entries are not zero, or a number ≥ ``most`` if it is less.

        However the rows are stored: sparse ones may store zeros too. All but a tenth of
        them count as all.
        """
        size = found = self.rows.shape[0] * self.rows.shape[1]
        if self.n_nonzero is not None:
            found = self.n_nonzero
        elif isinstance(self.rows, MemoryRows):
            found = count_nonzeros(stored_values(self.rows.block), most)
        return size if found >= _NEARLY_ALL * size else found

    def out_of_unit(self, factor: RowState) -> None:
        """Make a factor, in place, one of the data that were given."""
        if self.unit != 1.0:
            scale_columns(factor, np.full(factor.shape[1], 1 / np.sqrt(self.unit)))

    def mean_of_known(self, W: RowState) -> Array:
        """Return the mean of W (k,), float64, over rows of which an entry is known."""
        return mean_of_known(self.rows, W, known_only=self.known_only)

    def fill_unknown(self, W: RowState, value: Array) -> None:
        """Write the same to every row of W of which no entry is known."""
        if self.known_only:
            fill_unknown(self.rows, W, value)

    def empty_columns(self) -> Array:
        """Return which columns have no known entry (n,), bool."""
        if not self.known_only:
            return np.zeros(self.rows.shape[1], dtype=bool)
        empty: Array = count_in_columns(self.rows) == 0
        return empty


def take_in(X: Any, missing: str | None, *, beta: float = 2.0, n_threads: int) -> Data:
    """Return X as data; raise if it is negative, infinite, or lacks what it may not.

    Parameters
    ----------
    X : array-like, sparse matrix or rows of shape (n_samples, n_features)
    missing : {"nan", "unobserved"} or None
    beta : float
        Of the divergence, whose powers must not leave the range of X's type.
    n_threads : int
    """
    rows = as_rows(X)
    known_only = missing == "unobserved" and rows.sparse
    found = intake(rows, n_threads)
    if np.isnan(found.least.value):
        where = found.least.within(found.summary.n_blocks)
        rows = known_entries(rows, missing, where)
        known_only = True
        found = intake(rows, n_threads)
    found.summary.check_finite("X")
    if found.least.value < 0:
        raise ValueError(
            f"Negative values in data passed to NMF: X holds {found.least.value:.6g} "
            f"at {found.least.within(found.summary.n_blocks)}"
        )
    summary = summarise_in_range(rows, found.summary, n_threads=n_threads)
    unit = summary.scale
    exponent = int(np.frexp(summary.max_abs)[1])
    if unit == 1.0 and abs(beta) > 2 and abs(beta * exponent) > MOST_EXPONENT:
        unit = 2.0**-exponent
    if unit != 1.0:
        rows = rescale_rows(rows, unit)
    rest = unit / summary.scale
    n_known = found.n_stored if known_only else int(np.prod(rows.shape))
    total = float((summary.origin * summary.n_rows + summary.sum).sum()) * rest
    return Data(
        rows=rows,
        known_only=known_only,
        unit=unit,
        n_known=n_known,
        n_known_rows=found.n_known_rows if known_only else rows.shape[0],
        n_nonzero=found.n_nonzero,
        one_value=known_only
        and n_known > 1
        and 0 < found.least.value == found.summary.max_abs,
        mean=max(total / max(n_known, 1), 0.0),
        half_square=float(summary.square_about_zero.sum()) * rest**2 / 2,
        max=summary.max_abs * rest,
        has_zeros=found.least.value == 0 or found.n_stored < n_known,
        summary=summary if unit == 1.0 else None,
    )
