"""The factors: checks of given ones, and passes over W and the rows it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.nmf.scan import ScannedData
from latentia.rows import (
    Block,
    Csr,
    RowState,
    change_in_place,
    length,
    scale_columns,
    single_threaded,
)
from latentia.rows.backend import (
    dtype_of,
    placed_like,
    square_of_rows,
    sum_in_float64,
    sum_of_rows,
    to_numpy,
)
from latentia.rows.kinds import torch_tensor

Array = NDArray[Any]


def check_factor(
    value: Any, name: str, shape: tuple[int, int], *, zeros: bool = False
) -> Array:
    """Return a non-negative factor of this shape in float32 or float64, or raise.

    A factor without a positive entry is an error, unless ``zeros``.
    """
    if np.ma.is_masked(value):
        raise TypeError(
            f"{name} must not be a masked array, whose mask would be lost: fill it"
        )
    try:
        array = np.asarray(to_numpy(value) if torch_tensor(value) else value)
        if array.dtype.kind not in "biuf":
            raise TypeError
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of numbers, got {value!r}") from None
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, got {array.shape}")
    if array.size and not (array.min() >= 0 and array.max() < np.inf):  # or NaN
        bad = ~(np.isfinite(array) & (array >= 0))
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        negative = "Negative values in data passed to NMF: " if array[where] < 0 else ""
        raise ValueError(
            f"{negative}{name} must be finite and at least 0, got {array[where]} at "
            f"{where}"
        )
    if not zeros and not array.any():
        raise ValueError(
            f"{name} must have an entry above 0, got an array full of zeros"
        )
    return array


def check_fits_type(factor: Array, name: str, dtype: np.dtype[Any]) -> Array:
    """Return a copy of the factor in this type, or raise if an entry overflows."""
    with np.errstate(over="ignore"):
        fitting: Array = np.array(factor, dtype=dtype, order="C")
    if not np.isfinite(fitting).all():
        raise ValueError(
            f"{name} must be at most {np.finfo(dtype).max:.3g}, the largest {dtype}, "
            f"got {factor.max():.3g}"
        )
    return fitting


@dataclass(frozen=True)
class Totals:
    """Of some rows of W: their number, their sum (k,) and ΣW², in float64."""

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


def mean_of_observed(data: ScannedData, W: RowState) -> Array:
    """Return the mean of W (k,), float64, over rows with an observed entry."""
    found = (
        data.rows.reduce_with(_totals_of_observed, W)
        if data.observed_only
        else totals(W)
    )
    mean: Array = found.sum / found.count
    return mean


def rescale(factor: RowState, unit: float) -> None:
    """Divide a factor by √unit: from the unit of the scanned data to that of X."""
    if unit != 1.0:
        scale_columns(factor, np.full(factor.shape[1], 1 / np.sqrt(unit)))


def fill(W: RowState, value: Array | float) -> None:
    """Set every row of W to the same value."""
    change_in_place(W, partial(_fill, value=value))


def fill_unobserved(data: ScannedData, W: RowState, value: Array) -> None:
    """Set the rows of W without an observed entry to the same value."""
    if data.observed_only:
        data.rows.update(partial(_fill_unobserved, value=value), W)


def clear_columns(W: RowState, columns: Array) -> None:
    """Set columns of W to zero."""
    change_in_place(W, partial(_clear_columns, columns=columns))


def columns_without_entry(data: ScannedData) -> Array:
    """Return which columns have no observed entry (n,), bool."""
    if not data.observed_only:
        return np.zeros(data.rows.shape[1], dtype=bool)
    counts = data.rows.reduce(partial(_count_per_column, n=data.rows.shape[1]))
    empty: Array = counts == 0
    return empty


@single_threaded
def _totals(W: Array) -> Totals:
    return _totals_of(W)


@single_threaded
def _totals_of_observed(rows: Block, W: Array) -> Totals:
    return _totals_of(W[~_unobserved(rows)])


def _totals_of(W: Array) -> Totals:
    return Totals(len(W), sum_of_rows(W), sum_in_float64(square_of_rows(W)))


def _fill(W: Array, *, value: Array | float) -> None:
    W[...] = _like(value, W)


@single_threaded
def _fill_unobserved(rows: Block, W: Array, *, value: Array) -> int:
    W[_unobserved(rows)] = _like(value, W)
    return 0


def _like(value: Array | float, W: Array) -> Any:
    """Return a number, or a row, in the type of W and where it is."""
    if not isinstance(value, np.ndarray):
        return value
    return placed_like(value.astype(dtype_of(W)), W)


def _clear_columns(W: Array, *, columns: Array) -> None:
    W[:, placed_like(columns, W)] = 0


@single_threaded
def _count_per_column(block: Csr, *, n: int) -> Array:
    return np.bincount(to_numpy(block.indices), minlength=n)


def _unobserved(rows: Block) -> Array:
    """Return which rows store nothing (m,), bool."""
    if not isinstance(rows, Csr):
        none: Array = placed_like(np.zeros(length(rows), dtype=bool), rows)
        return none
    unobserved: Array = rows.indptr[1:] == rows.indptr[:-1]
    return unobserved
