"""The variance that the components leave out, where a difference has no digits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._blas import serial_blas
from latentia.rows import Block, Centre, Csr, RowSource, Summary, pairwise_sum
from latentia.rows.backend import (
    as_float64,
    placed_like,
    square_of_rows,
    sum_in_float64,
    to_numpy,
)
from latentia.rows.block import run_of_rows

Array = NDArray[Any]

_TILE_BYTES = 4 << 20


def square_left_out(
    rows: RowSource,
    summary: Summary,
    V: Array,
    weight: Array | None,
    *,
    n_threads: int,
) -> float:
    """Return Σ w·‖y − y·V·Vᵀ‖² with y = x − mean, in the unit of the summary.

    It is rounded to ε² of Σ w·‖y‖², and Σ w·‖y‖² − Σ w·‖y·V‖² to ε: where a column is
    in another unit, that difference has no digits left. It takes a read of the rows, of
    which sparse ones are made dense tile by tile.
    """
    centre = Centre.of(summary)
    kernel = partial(
        _square_left_out,
        Q=np.linalg.qr(V.astype(np.float64))[0],  # V is orthonormal to its precision
        mean=(centre.value * summary.scale, centre.rest * summary.scale),
        unit=summary.scale,
    )
    with serial_blas():
        if weight is None:
            return float(rows.reduce(kernel, n_threads=n_threads))
        state = rows.state_from_array(weight)
        return float(rows.reduce_with(kernel, state, n_threads=n_threads))


def _square_left_out(
    block: Block,
    n_threads: int,
    weight: Array | None = None,
    *,
    Q: Array,
    mean: tuple[Array, Array],
    unit: float,
) -> float:
    def of(tile: Array, w: Array | None) -> float:
        y = as_float64(tile) * unit
        for part in mean:
            y = y - placed_like(part, y)
        q = placed_like(Q, y)
        square = square_of_rows(y - (y @ q) @ q.T)
        return sum_in_float64(square if w is None else square * as_float64(w))

    return float(pairwise_sum(of(tile, w) for tile, w in _tiles(block, weight)))


def _tiles(block: Block, weight: Array | None) -> Iterator[tuple[Array, Array | None]]:
    """Yield runs of rows, dense, with their weights."""
    if isinstance(block, Csr):
        block = to_numpy(block)
        weight = None if weight is None else to_numpy(weight)
    n_rows, n_columns = block.shape
    at_once = max(64, _TILE_BYTES // (8 * n_columns))
    for begin in range(0, n_rows, at_once):
        end = min(begin + at_once, n_rows)
        run = run_of_rows(block, begin, end)
        tile = run.to_scipy().toarray() if isinstance(run, Csr) else run
        yield tile, None if weight is None else weight[begin:end]
