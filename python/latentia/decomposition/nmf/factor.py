"""Passes over W, alone or with the rows that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import (
    Block,
    Csr,
    RowSource,
    RowState,
    change_in_place,
    length,
    single_threaded,
)

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


def totals(W: RowState) -> Totals:
    """Return the totals of all rows of W."""
    return W.reduce(_totals)


def mean_of_known(rows: RowSource, W: RowState, *, known_only: bool) -> Array:
    """Return the mean of W (k,), float64, where the rows have known entries."""
    known = rows.reduce_with(_totals_of_known, W) if known_only else totals(W)
    mean: Array = known.sum / known.count
    return mean


def fill(W: RowState, value: Array | float) -> None:
    """Write the same to every row of W."""
    change_in_place(W, partial(_fill, value=value))


def fill_unknown(rows: RowSource, W: RowState, value: Array) -> None:
    """Write the same to the rows of W without known entries."""
    rows.update(partial(_fill_unknown, value=value), W)


def clear_columns(W: RowState, columns: Array) -> None:
    """Set columns of W to zero."""
    change_in_place(W, partial(_clear_columns, columns=columns))


@single_threaded
def _totals(W: Array) -> Totals:
    return _totals_of(W)


def _totals_of(W: Array) -> Totals:
    squares = np.einsum("ij,ij->i", W, W)
    return Totals(
        len(W), W.sum(axis=0, dtype=np.float64), float(squares.sum(dtype=np.float64))
    )


@single_threaded
def _totals_of_known(rows: Block, W: Array) -> Totals:
    return _totals_of(W[~_unknown(rows)])


def _fill(W: Array, *, value: Array | float) -> None:
    W[...] = value


@single_threaded
def _fill_unknown(rows: Block, W: Array, *, value: Array) -> int:
    W[_unknown(rows)] = value
    return 0


def _clear_columns(W: Array, *, columns: Array) -> None:
    W[:, columns] = 0


def _unknown(rows: Block) -> Array:
    """Return which rows store nothing (m,), bool."""
    if not isinstance(rows, Csr):
        return np.zeros(length(rows), dtype=bool)
    unknown: Array = np.diff(rows.indptr) == 0
    return unknown
