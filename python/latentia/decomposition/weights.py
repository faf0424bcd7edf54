"""Weights of rows: what they must be, and the moments of rows that have them.

A weight w of a row is how often it occurs, as in our Gaussian mixtures: the mean is
Σ w·x/Σ w.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import Block, Csr, RowSource, Summary, pairwise_sum
from latentia.rows.backend import (
    as_float64,
    is_tensor,
    kernels_of,
    placed_like,
    sum_in_float64,
    to_numpy,
)
from latentia.rows.given_array import float64_array
from latentia.rows.summary import about_the_mean

Array = NDArray[Any]

_TILE_BYTES = 4 << 20

_FEWER = 32
"""Tiles of tensors are so many times as large: the sums of each leave the device."""

_MOST = 2**53
"""Rows that can be counted in float64. Far beyond, float32 holds no weighted row."""


def check_weights(weight: Any, rows: RowSource) -> Array:
    """Return weights (n_rows,) in float64, or raise naming what is wrong.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If they are not one number a row, finite, not negative and not all zero, or
        add up to more rows than can be counted.
    """
    n_rows = rows.shape[0]
    if isinstance(weight, numbers.Real):
        weight = np.full(n_rows, float(weight))
    elif hasattr(weight, "compute"):
        weight = weight.compute()
    checked = np.ascontiguousarray(float64_array(weight, "sample_weight"))
    if checked.shape != (n_rows,):
        raise ValueError(
            f"sample_weight must have the shape ({n_rows},), got {checked.shape}"
        )
    bad = ~(np.isfinite(checked) & (checked >= 0))
    if bad.any():
        where = int(np.argmax(bad))
        raise ValueError(
            "sample_weight must be finite and not negative, got "
            f"{checked[where]} at {where}"
        )
    if not checked.any():
        raise ValueError("sample_weight is zero for every sample")
    with np.errstate(over="ignore"):
        count = float(checked.sum())
    if count > _MOST:
        raise ValueError(
            "sample_weight tells how often a row occurs, so that its sum must be at "
            f"most 2**53, got {count:.6g}: divide the weights by a number"
        )
    return checked


def check_enough(count: float, *, weighted: bool) -> None:
    """Raise if rows, or their weights, are too few for a variance."""
    if not weighted and count < 2:
        raise ValueError(f"PCA needs at least two samples, got n_samples={count}")
    if count < 1 + 1e-6:  # shares add up to 1 with rounding
        raise ValueError(
            "sample_weight tells how often a row occurs, so that its sum must be "
            f"greater than 1, got {count:.6g}: weights that add up to 1 are to be "
            "multiplied by the number of samples"
        )


def weighted_summary(
    rows: RowSource, weight: Array, found: Summary, *, n_threads: int
) -> Summary:
    """Return the moments of weighted rows; ``n_rows`` is the sum of the weights.

    They are taken about the mean of the rows, and anew about their own if that is far
    away: a row without weight is no reason to lose digits.
    """

    def about(origin: Array) -> Summary:
        kernel = partial(_moments, origin=origin, like=found)
        return rows.reduce_with(kernel, state, n_threads=n_threads)

    state = rows.state_from_array(weight)
    found = about(found.origin + found.sum / found.n_rows)
    return about_the_mean(rows, found, about)


def _moments(
    block: Block, n_threads: int, weight: Array, *, origin: Array, like: Summary
) -> Summary:
    if isinstance(block, Csr):
        block, weight = to_numpy(block), to_numpy(weight)

    def of(tile: Block, w: Array) -> Summary:
        x, factor, missing = _entries(tile, w, origin, like.scale)
        total, square = (
            kernels_of(part).adjoint_product(
                part, None, factor[:, np.newaxis], n_threads
            )[:, 0]
            for part in (x, _squared(x))
        )
        if missing is not None:  # zeros, which are −origin
            absent = factor.sum() - missing
            total, square = total - absent * origin, square + absent * origin**2
        return replace(
            like,
            n_rows=sum_in_float64(w),
            n_blocks=1,
            origin=origin,
            sum=total,
            square=square,
        )

    return pairwise_sum(of(tile, w) for tile, w in weighted_tiles(block, weight))


def _entries(
    tile: Block, weight: Array, origin: Array, unit: float
) -> tuple[Block, Array, Array | None]:
    """Return x·unit − origin, the weights, and Σ w of what each column stores."""
    factor = as_float64(weight)
    if not isinstance(tile, Csr):
        x = as_float64(tile) * unit - placed_like(origin, tile)
        return x, factor, None
    column = tile.indices
    x = tile.data * np.float64(unit) - origin[column]
    of_entry = np.repeat(factor, np.diff(tile.indptr))
    stored = np.bincount(column, of_entry, minlength=tile.n_columns)
    return tile._replace(data=x), factor, stored


def _squared(x: Block) -> Block:
    if isinstance(x, Csr):
        return x._replace(data=x.data**2)
    squared: Array = x**2
    return squared


def weighted_tiles(block: Block, state: Array) -> Iterator[tuple[Block, Array]]:
    """Yield runs of dense rows with their state, and sparse rows all at once."""
    if isinstance(block, Csr):
        yield block, state
    else:
        yield from dense_tiles(block, state)


def dense_tiles(block: Array, state: Array) -> Iterator[tuple[Array, Array]]:
    """Yield runs of rows so short that copies in float64 stay in the cache."""
    n_bytes = (_FEWER if is_tensor(block) else 1) * _TILE_BYTES
    at_once = max(64, n_bytes // (8 * block.shape[1]))
    for begin in range(0, len(block), at_once):
        yield block[begin : begin + at_once], state[begin : begin + at_once]
