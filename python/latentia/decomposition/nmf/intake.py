"""The first pass of NMF: sizes, the least number and how many numbers there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import (
    Block,
    Csr,
    Kernel,
    Location,
    RowSource,
    Summary,
    stored_values,
    summary_kernel,
)

Array = NDArray[Any]

_COUNTED = 1 << 18


@dataclass(frozen=True)
class Intake:
    """What one pass finds out about a run of rows.

    Attributes
    ----------
    summary : Summary
    least : Location
        Of the least number that is stored, or the first NaN; infinity if none is.
    n_stored : int
    n_nonzero : int, optional
        Counted for rows that are elsewhere, which would have to be read again.
    n_known_rows : int
        Rows that store an entry.
    """

    summary: Summary
    least: Location
    n_stored: int
    n_nonzero: int | None
    n_known_rows: int

    def __add__(self, other: Intake) -> Intake:
        """Add what is known of the rows that follow."""
        least, summary = self.least, self.summary
        lower = other.least.value < least.value or np.isnan(other.least.value)
        if lower and not np.isnan(least.value):
            least = other.least.after(int(summary.n_rows), summary.n_blocks)
        counted = self.n_nonzero is not None and other.n_nonzero is not None
        return Intake(
            summary + other.summary,
            least,
            self.n_stored + other.n_stored,
            self.n_nonzero + other.n_nonzero if counted else None,  # type: ignore[operator]
            self.n_known_rows + other.n_known_rows,
        )


def intake(rows: RowSource, n_threads: int) -> Intake:
    """Read the rows once."""
    kernel = partial(_intake, summarise=summary_kernel(rows), count=not rows.in_memory)
    return rows.reduce(kernel, n_threads=n_threads)


def _intake(
    block: Block,
    n_threads: int,
    *,
    summarise: Kernel[Block, Summary],
    count: bool,
) -> Intake:
    values = stored_values(block)
    summary = summarise(block, n_threads)
    n_nonzero = int(np.count_nonzero(values)) if count else None
    known = np.diff(block.indptr) > 0 if isinstance(block, Csr) else np.ones(len(block))
    return Intake(
        summary,
        _least(block, values),
        values.size,
        n_nonzero,
        int(np.count_nonzero(known)),
    )


def count_nonzeros(values: Array, most: float) -> int:
    """Return how many numbers are not zero, or some number ≥ ``most`` if it is less."""
    lines = values if values.flags.c_contiguous or values.ndim == 1 else values.T
    lines = lines.reshape(-1) if lines.flags.c_contiguous else lines
    step, found = max(1, _COUNTED // max(1, lines[:1].size)), 0
    for begin in range(0, len(lines), step):
        found += int(np.count_nonzero(lines[begin : begin + step]))
        if found >= most:
            break
    return found


def _least(block: Block, values: Array) -> Location:
    value = float(values.min()) if values.size else np.inf
    if value >= 0:
        return Location(value, 0, 0)
    there = np.isnan(values) if np.isnan(value) else values == value
    if not isinstance(block, Csr):
        row, column = np.argwhere(there)[0]
        return Location(value, int(row), int(column))
    entry = int(np.argmax(there))
    row = int(np.searchsorted(block.indptr, entry, side="right")) - 1
    return Location(value, row, int(block.indices[entry]))
