"""The passes that factorisations are made of: each reads every row once.

Shapes: rows A (m × n), X (n × b), Y (m × b), Z (n × b). ``mean`` is subtracted from A
as NumPy broadcasts it: (1, n), or (m, 1) for rows that are read transposed; a pair of
these stands for their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from latentia.rows.backend import (
    empty_like,
    kernels_of,
    placed_like,
    sum_in_float64,
)
from latentia.rows.block import Array, Block, length, run_of_rows
from latentia.rows.centre import Mean
from latentia.rows.kernel import Kernel, S, pairwise_sum, single_threaded
from latentia.rows.source import Rows, RowState

_PRODUCT_BYTES, _LEAST_ROWS = 32 << 20, 1024


def normal_product(
    rows: Rows[Block],
    X: Array,
    *,
    mean: Mean | None = None,
    Y: RowState | None = None,
    n_threads: int = 1,
) -> Array:
    """Return (A − mean)ᵀ(A − mean)·X; write (A − mean)·X to ``Y`` if it is given.

    Parameters
    ----------
    rows : RowSource or RowState
        A, of shape (m, n).
    X : ndarray of shape (n, b)
    mean : Mean, optional
        What is subtracted from A: (1, n), or (m, 1) for rows that are read transposed.
    Y : RowState of shape (m, b), optional
    n_threads : int, default=1

    Returns
    -------
    ndarray of shape (n, b)

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, normal_product
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> normal_product(as_rows(A), np.ones((2, 1)))
    array([[24.],
           [34.]])
    >>> A.T @ (A @ np.ones((2, 1)))
    array([[24.],
           [34.]])
    """
    X = np.ascontiguousarray(X, dtype=rows.dtype)
    kernel = partial(_normal_product, mean=mean, X=X)
    if Y is None:
        return rows.reduce(kernel, n_threads=n_threads)
    return rows.update(kernel, Y, n_threads=n_threads)


def _normal_product(
    block: Block,
    n_threads: int,
    Y: Array | None = None,
    *,
    mean: Mean | None,
    X: Array,
) -> Array:
    return kernels_of(block).normal_product(block, mean, X, Y, n_threads)


def product(
    rows: Rows[Block],
    X: Array,
    *,
    mean: Mean | None = None,
    out: RowState | None = None,
    n_threads: int = 1,
) -> RowState:
    """Return (A − mean)·X as a state of the rows: ``out`` if it is given.

    Parameters
    ----------
    rows : RowSource or RowState
        A, of shape (m, n).
    X : ndarray of shape (n, b)
    mean : Mean, optional
        What is subtracted from A: (1, n), or (m, 1) for rows that are read transposed.
    out : RowState of shape (m, b), optional
    n_threads : int, default=1

    Returns
    -------
    RowState of shape (m, b)

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, product
    >>> rows = as_rows(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> product(rows, np.array([[1.0], [10.0]])).to_numpy()
    array([[21.],
           [43.]])
    """
    X = np.ascontiguousarray(X, dtype=rows.dtype)
    Y = rows.empty_state(X.shape[1]) if out is None else out
    rows.update(partial(_product, mean=mean, X=X), Y, n_threads=n_threads)
    return Y


def _product(
    block: Block, n_threads: int, Y: Array, *, mean: Mean | None, X: Array
) -> int:
    kernels_of(block).product(block, mean, X, Y, n_threads)
    return 0


def adjoint_product(
    rows: Rows[Block], Y: RowState, *, mean: Mean | None = None, n_threads: int = 1
) -> Array:
    """Return (A − mean)ᵀY.

    Parameters
    ----------
    rows : RowSource or RowState
        A, of shape (m, n).
    Y : RowState of shape (m, b)
    mean : Mean, optional
        What is subtracted from A: (1, n), or (m, 1) for rows that are read transposed.
    n_threads : int, default=1

    Returns
    -------
    ndarray of shape (n, b)

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import adjoint_product, as_rows
    >>> rows = as_rows(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> adjoint_product(rows, rows.state_from_array(np.ones((2, 1))))
    array([[4.],
           [6.]])
    """
    kernel = partial(_adjoint_product, mean=mean)
    return rows.reduce_with(kernel, Y, n_threads=n_threads)


def _adjoint_product(
    block: Block, n_threads: int, Y: Array, *, mean: Mean | None
) -> Array:
    return kernels_of(block).adjoint_product(block, mean, Y, n_threads)


def gram(
    rows: Rows[Block],
    *,
    mean: Mean | None = None,
    by_float32: bool = False,
    n_threads: int = 1,
) -> Array:
    """Return (A − mean)ᵀ(A − mean) in float64.

    Parameters
    ----------
    rows : RowSource or RowState
        A, of shape (m, n).
    mean : Mean, optional
        What is subtracted from A: (1, n), or (m, 1) for rows that are read transposed.
    by_float32 : bool, default=False
        Multiply float32 rows in float32, which takes half the time. An entry is then
        off by some ε·√(Gᵢᵢ·Gⱼⱼ). Only for dense rows.
    n_threads : int, default=1

    Returns
    -------
    ndarray of shape (n, n)

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, gram
    >>> gram(as_rows(np.array([[1.0, 2.0], [3.0, 4.0]])))
    array([[10., 14.],
           [14., 20.]])
    """
    exact: Mean | None
    if isinstance(mean, tuple):
        rounded, rest = (part.astype(np.float64) for part in mean)
        exact = rounded, rest
    else:
        exact = None if mean is None else np.ascontiguousarray(mean, dtype=np.float64)
    kernel = _gram_by_float32 if by_float32 else _gram
    return rows.reduce(partial(kernel, mean=exact), n_threads=n_threads)


def _gram_by_float32(block: Array, n_threads: int, *, mean: Mean | None) -> Array:
    return kernels_of(block).gram_by_float32(block, mean, n_threads)


def _gram(block: Block, n_threads: int, *, mean: Mean | None) -> Array:
    return kernels_of(block).gram(block, mean, n_threads)


def reduce_product(
    rows: Rows[Block],
    X: Array,
    kernel: Kernel[Array, S],
    *,
    mean: Mean | None = None,
    Y: RowState | None = None,
    n_threads: int = 1,
) -> S:
    """Return a kernel's sums over the rows of (A − mean)·X; write these to ``Y``.

    Without ``Y`` a few rows are multiplied at a time, which needs little memory.

    Parameters
    ----------
    rows : RowSource or RowState
        A, of shape (m, n).
    X : ndarray of shape (n, b)
    kernel : Kernel
        It gets rows of the product, of shape (r, b).
    mean : Mean, optional
        What is subtracted from A: (1, n), or (m, 1) for rows that are read transposed.
    Y : RowState of shape (m, b), optional
    n_threads : int, default=1

    Returns
    -------
    S
        The sums of the kernel.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, reduce_product, single_threaded
    >>> rows = as_rows(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> @single_threaded
    ... def square_sum(block):
    ...     return (block**2).sum()
    >>> float(reduce_product(rows, np.array([[1.0], [1.0]]), square_sum))  # 3² + 7²
    58.0
    """
    X = np.ascontiguousarray(X, dtype=rows.dtype)
    then = partial(_reduce_product, mean=mean, X=X, kernel=kernel)
    if Y is None:
        return rows.reduce(then, n_threads=n_threads)
    return rows.update(then, Y, n_threads=n_threads)


def _reduce_product(
    block: Block,
    n_threads: int,
    Y: Array | None = None,
    *,
    mean: Mean | None,
    X: Array,
    kernel: Kernel[Array, S],
) -> S:
    multiply = kernels_of(block).product
    if Y is not None:
        multiply(block, mean, X, Y, n_threads)
        return kernel(Y, n_threads)
    n_rows = length(block)
    at_once = max(_LEAST_ROWS, _PRODUCT_BYTES // (X.shape[1] * X.dtype.itemsize))
    rounded = mean[0] if isinstance(mean, tuple) else mean
    if rounded is not None and len(rounded) > 1:  # one mean a row: not divided
        at_once = n_rows
    at_once = min(at_once, n_rows)
    tile = empty_like(block, (at_once, X.shape[1]))

    def sums() -> Iterator[S]:
        for begin in range(0, n_rows, at_once):
            y = tile[: min(at_once, n_rows - begin)]
            rows = run_of_rows(block, begin, begin + len(y))
            multiply(rows, mean, X, y, n_threads)
            yield kernel(y, n_threads)

    return pairwise_sum(sums())


def change_in_place(state: RowState, function: Callable[[Array], object]) -> None:
    """Let a function change the rows of a state in place, block after block.

    Parameters
    ----------
    state : RowState
    function : callable
        Gets the array of a block, and writes to it.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, change_in_place
    >>> state = as_rows(np.eye(3)).state_from_array(np.array([1.0, 4.0, 9.0]))
    >>> def take_roots(block):
    ...     np.sqrt(block, out=block)
    >>> change_in_place(state, take_roots)
    >>> state.to_numpy()
    array([1., 2., 3.])
    """
    # The state is its own rows: its blocks are read and written to.
    state.update(partial(_changed, function=function), state)


def _changed(
    block: Array, n_threads: int, state: Array, *, function: Callable[[Array], object]
) -> int:
    function(state)
    return 0


def scale_columns(state: RowState, factors: Array) -> None:
    """Multiply the columns of a state, in place.

    Parameters
    ----------
    state : RowState of shape (m, b)
    factors : ndarray of shape (b,)

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, scale_columns
    >>> state = as_rows(np.eye(2)).state_from_array(np.ones((2, 2)))
    >>> scale_columns(state, np.array([2.0, 3.0]))
    >>> state.to_numpy()
    array([[2., 3.],
           [2., 3.]])
    """
    change_in_place(state, partial(_multiply, factors=factors.astype(state.dtype)))


def _multiply(rows: Array, *, factors: Array) -> None:
    rows *= placed_like(factors, rows)


def total(values: RowState) -> tuple[float, int]:
    """Return the sum of a state in float64, and the number of its rows.

    Parameters
    ----------
    values : RowState

    Returns
    -------
    sum : float
    n_rows : int

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, total
    >>> total(as_rows(np.eye(3)).state_from_array(np.array([1.0, 2.0, 3.0])))
    (6.0, 3)
    """
    found, count = values.reduce(_total)
    return float(found), int(count)


@single_threaded
def _total(values: Array) -> Array:
    return np.array([sum_in_float64(values), len(values)])
