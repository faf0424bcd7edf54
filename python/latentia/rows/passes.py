"""The passes that factorisations are made of: each reads every row once.

Shapes: rows A (m × n), X (n × b), Y (m × b), Z (n × b). ``mean`` is taken off A as
NumPy broadcasts it: (1, n), or (m, 1) for rows that are read transposed; a pair of such
stands for their sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.rows.centre import Mean
from latentia.rows.memory import length, run_of_rows
from latentia.rows.source import Block, Kernel, RowSource, S, pairwise_sum

Array = NDArray[Any]

_PRODUCT_BYTES, _LEAST_ROWS = 32 << 20, 1024


def normal_product(
    rows: RowSource,
    X: Array,
    *,
    mean: Mean | None = None,
    Y: RowSource | None = None,
    n_threads: int = 1,
) -> Array:
    """Return (A − mean)ᵀ(A − mean)·X; write (A − mean)·X to ``Y`` if it is given."""
    X = np.ascontiguousarray(X, dtype=rows.dtype)
    kernel = partial(_normal_product, mean=mean, X=X)
    return rows.reduce(kernel, Y, writes=True, n_threads=n_threads)


def _normal_product(
    block: Block, Y: Array | None, n_threads: int, *, mean: Mean | None, X: Array
) -> Array:
    return kernels.normal_product(block, mean, X, Y, n_threads)


def product(
    rows: RowSource,
    X: Array,
    *,
    mean: Mean | None = None,
    out: RowSource | None = None,
    n_threads: int = 1,
) -> RowSource:
    """Return (A − mean)·X as a state of the rows: ``out`` if it is given."""
    X = np.ascontiguousarray(X, dtype=rows.dtype)
    Y = rows.empty_state(X.shape[1]) if out is None else out
    rows.reduce(partial(_product, mean=mean, X=X), Y, writes=True, n_threads=n_threads)
    return Y


def _product(
    block: Block, Y: Array | None, n_threads: int, *, mean: Mean | None, X: Array
) -> int:
    assert Y is not None
    kernels.product(block, mean, X, Y, n_threads)
    return 0


def adjoint_product(
    rows: RowSource, Y: RowSource, *, mean: Mean | None = None, n_threads: int = 1
) -> Array:
    """Return (A − mean)ᵀY."""
    return rows.reduce(partial(_adjoint_product, mean=mean), Y, n_threads=n_threads)


def _adjoint_product(
    block: Block, Y: Array | None, n_threads: int, *, mean: Mean | None
) -> Array:
    assert Y is not None
    return kernels.adjoint_product(block, mean, Y, n_threads)


def gram(rows: RowSource, *, mean: Mean | None = None, n_threads: int = 1) -> Array:
    """Return (A − mean)ᵀ(A − mean) in float64."""
    exact: Mean | None
    if isinstance(mean, tuple):
        rounded, rest = (part.astype(np.float64) for part in mean)
        exact = rounded, rest
    else:
        exact = None if mean is None else np.ascontiguousarray(mean, dtype=np.float64)
    return rows.reduce(partial(_gram, mean=exact), n_threads=n_threads)


def _gram(block: Block, _: Array | None, n_threads: int, *, mean: Mean | None) -> Array:
    return kernels.gram(block, mean, n_threads)


def reduce_product(
    rows: RowSource,
    X: Array,
    kernel: Kernel[S],
    *,
    mean: Mean | None = None,
    Y: RowSource | None = None,
    n_threads: int = 1,
) -> S:
    """Return a kernel's sums over the rows of (A − mean)·X; write these to ``Y``.

    Without ``Y`` rows are multiplied some at a time: they need little room.
    """
    X = np.ascontiguousarray(X, dtype=rows.dtype)
    then = partial(_reduce_product, mean=mean, X=X, kernel=kernel)
    return rows.reduce(then, Y, writes=True, n_threads=n_threads)


def _reduce_product(
    block: Block,
    Y: Array | None,
    n_threads: int,
    *,
    mean: Mean | None,
    X: Array,
    kernel: Kernel[S],
) -> S:
    if Y is not None:
        kernels.product(block, mean, X, Y, n_threads)
        return kernel(Y, None, n_threads)
    n_rows = length(block)
    at_once = max(_LEAST_ROWS, _PRODUCT_BYTES // (X.shape[1] * X.dtype.itemsize))
    rounded = mean[0] if isinstance(mean, tuple) else mean
    if rounded is not None and len(rounded) > 1:  # a mean of each row goes with all
        at_once = n_rows
    at_once = min(at_once, n_rows)
    tile = np.empty((at_once, X.shape[1]), dtype=X.dtype)

    def sums() -> Iterator[S]:
        for begin in range(0, n_rows, at_once):
            y = tile[: min(at_once, n_rows - begin)]
            rows = run_of_rows(block, begin, begin + len(y))
            kernels.product(rows, mean, X, y, n_threads)
            yield kernel(y, None, n_threads)

    return pairwise_sum(sums())


def scale_columns(state: RowSource, factors: Array) -> None:
    """Multiply the columns of a state, in place."""
    factors = factors.astype(state.dtype)
    # The state is its own rows: blocks of it are read, and written to.
    state.reduce(partial(_scale_columns, factors=factors), state, writes=True)


def _scale_columns(
    _: Block, state: Array | None, n_threads: int, *, factors: Array
) -> int:
    assert state is not None
    state *= factors
    return 0


def total(values: RowSource) -> tuple[float, int]:
    """Return the sum of numbers beside the rows, in float64, and how many they are."""
    found, count = values.reduce(_total)
    return float(found), int(count)


def _total(values: Block, _: Array | None, __: int) -> Array:
    assert not isinstance(values, tuple)
    return np.array([values.sum(dtype=np.float64), len(values)])
