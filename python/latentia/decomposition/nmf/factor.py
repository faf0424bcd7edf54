"""Passes over W alone, and over W beside the rows that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import Block, RowSource, length

Array = NDArray[Any]


@dataclass(frozen=True)
class Totals:
    """Of some rows of W: how many they are, their sum (k,) and ΣW², in float64."""

    count: int
    sum: Array
    square: float

    def __add__(self, other: Totals) -> Totals:
        """Add those of other rows."""
        return Totals(
            self.count + other.count,
            self.sum + other.sum,
            self.square + other.square,
        )


def totals(W: RowSource) -> Totals:
    """Return the totals of all rows of W."""
    return W.reduce(_totals)


def mean_of_known(rows: RowSource, W: RowSource, *, known_only: bool) -> Array:
    """Return the mean of W (k,), float64, where the rows have known entries."""
    known = rows.reduce(_totals_of_known, W) if known_only else totals(W)
    mean: Array = known.sum / known.count
    return mean


def fill(W: RowSource, value: Array | float) -> None:
    """Write the same to every row of W."""
    W.reduce(partial(_fill, value=value), W, writes=True)


def fill_unknown(rows: RowSource, W: RowSource, value: Array) -> None:
    """Write the same to the rows of W without known entries."""
    rows.reduce(partial(_fill_unknown, value=value), W, writes=True)


def clear_columns(W: RowSource, columns: Array) -> None:
    """Set columns of W to zero."""
    W.reduce(partial(_clear_columns, columns=columns), W, writes=True)


def _totals(W: Block, _: Array | None, __: int) -> Totals:
    assert not isinstance(W, tuple)
    squares = np.einsum("ij,ij->i", W, W)
    return Totals(
        len(W), W.sum(axis=0, dtype=np.float64), float(squares.sum(dtype=np.float64))
    )


def _totals_of_known(rows: Block, W: Array | None, _: int) -> Totals:
    assert W is not None
    return _totals(W[~_unknown(rows)], None, 1)


def _fill(_: Block, W: Array | None, __: int, *, value: Array | float) -> int:
    assert W is not None
    W[...] = value
    return 0


def _fill_unknown(rows: Block, W: Array | None, _: int, *, value: Array) -> int:
    assert W is not None
    W[_unknown(rows)] = value
    return 0


def _clear_columns(_: Block, W: Array | None, __: int, *, columns: Array) -> int:
    assert W is not None
    W[:, columns] = 0
    return 0


def _unknown(rows: Block) -> Array:
    """Return which rows store nothing (m,), bool."""
    if not isinstance(rows, tuple):
        return np.zeros(length(rows), dtype=bool)
    unknown: Array = np.diff(rows[0]) == 0
    return unknown
