"""The passes that factorisations are made of: each reads every row once.

Shapes: rows A (m × n), X (n × b), Y (m × b), Z (n × b). ``mean`` is taken off A as
NumPy broadcasts it: (1, n), or (m, 1) for rows that are read transposed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.rows.source import Block, RowSource

Array = NDArray[Any]


def normal_product(
    rows: RowSource,
    X: Array,
    *,
    mean: Array | None = None,
    Y: Array | None = None,
    n_threads: int = 1,
) -> Array:
    """Return (A − mean)ᵀ(A − mean)·X; write (A − mean)·X to ``Y`` if it is given."""
    X = np.ascontiguousarray(X, dtype=rows.dtype)
    return rows.reduce(
        lambda block, y: kernels.normal_product(block, mean, X, y, n_threads), Y
    )


def product(
    rows: RowSource,
    X: Array,
    *,
    mean: Array | None = None,
    out: Array | None = None,
    n_threads: int = 1,
) -> Array:
    """Return (A − mean)·X, in ``out`` if it is given."""
    X = np.ascontiguousarray(X, dtype=rows.dtype)
    Y = np.empty((rows.shape[0], X.shape[1]), dtype=rows.dtype) if out is None else out

    def kernel(block: Block, y: Array | None) -> int:
        assert y is not None
        kernels.product(block, mean, X, y, n_threads)
        return 0

    rows.reduce(kernel, Y)
    return Y


def adjoint_product(
    rows: RowSource, Y: Array, *, mean: Array | None = None, n_threads: int = 1
) -> Array:
    """Return (A − mean)ᵀY."""
    Y = np.ascontiguousarray(Y, dtype=rows.dtype)

    def kernel(block: Block, y: Array | None) -> Array:
        assert y is not None
        return kernels.adjoint_product(block, mean, y, n_threads)

    return rows.reduce(kernel, Y)


def gram(rows: RowSource, *, mean: Array | None = None, n_threads: int = 1) -> Array:
    """Return (A − mean)ᵀ(A − mean) in float64."""
    exact = None if mean is None else np.ascontiguousarray(mean, dtype=np.float64)
    return rows.reduce(lambda block, _: kernels.gram(block, exact, n_threads))


@dataclass(frozen=True)
class Summary:
    """Counts and moments of columns; two blocks' summaries add up to both's.

    Moments are those of A·unit, where ``unit`` is 1 or, for matrices whose squares
    would leave the range of float64 or whose products that of float32, a power of two.

    Attributes
    ----------
    n_rows : int
    unit : float
    origin : ndarray of shape (n_features,)
        What the moments are taken about, so that variances do not cancel.
    sum, square : ndarray of shape (n_features,)
        Σ(a·unit − origin) and Σ(a·unit − origin)².
    max_abs : float
        Largest |a·unit|.
    """

    n_rows: int
    unit: float
    origin: Array
    sum: Array
    square: Array
    max_abs: float

    def __add__(self, other: Summary) -> Summary:
        """Merge the summaries of two runs of rows with the same origin and unit."""
        return replace(
            self,
            n_rows=self.n_rows + other.n_rows,
            sum=self.sum + other.sum,
            square=self.square + other.square,
            max_abs=max(self.max_abs, other.max_abs),
        )

    @property
    def mean(self) -> Array:
        """Mean of each column of A itself, float64 (n_features,)."""
        return (self.origin + self.sum / self.n_rows) / self.unit

    @property
    def centred_square(self) -> Array:
        """Σ(a − mean)²·unit² of each column (n_features,)."""
        centred: Array = np.maximum(self.square - self.sum**2 / self.n_rows, 0.0)
        return centred

    @property
    def square_about_zero(self) -> Array:
        """Σa²·unit² of each column (n_features,)."""
        shift = self.origin * (2 * self.sum + self.n_rows * self.origin)
        about_zero: Array = np.maximum(self.square + shift, 0.0)
        return about_zero


def summarise(rows: RowSource, *, name: str = "X", n_threads: int = 1) -> Summary:
    """Return size and moments of the columns, or raise where a number is not finite.

    Rows of extreme size are read twice: the second time in a unit that suits them.

    Raises
    ------
    ValueError
        Naming the first row and column that hold NaN or infinity.
    """
    found = _summary_in(rows, 1.0, name, n_threads)
    most = 120 if rows.dtype == np.float32 else 1000
    exponent = int(np.clip(np.frexp(found.max_abs)[1], -most, most))
    if found.max_abs == 0 or abs(exponent) <= 30:
        return found
    return _summary_in(rows, 2.0**-exponent, name, n_threads)


def _summary_in(rows: RowSource, unit: float, name: str, n_threads: int) -> Summary:
    origins: list[Array] = []
    rows_before = 0

    def kernel(block: Block, _: Array | None) -> Summary:
        nonlocal rows_before
        if unit != 1.0:
            block = times(block, unit)
        if not origins:
            origins.append(_origin(block, rows.shape[1]))
        found, square, max_abs, bad_row, bad_col = kernels.summary(
            block, origins[0], n_threads
        )
        if bad_row >= 0:
            where = f"at row {rows_before + bad_row}, column {bad_col}"
            what = _not_finite(block, bad_row, bad_col)
            raise ValueError(f"{name} contains {what} {where}")
        n_rows = len(block[0]) - 1 if isinstance(block, tuple) else block.shape[0]
        rows_before += n_rows
        return Summary(n_rows, unit, origins[0], found, square, max_abs)

    return rows.reduce(kernel)


def times(block: Block, unit: float) -> Block:
    """Return the block in another unit; in a copy, as this is rarely called for."""
    if isinstance(block, tuple):
        row_start, column, value, n_features = block
        return row_start, column, value * value.dtype.type(unit), n_features
    scaled: Array = block * block.dtype.type(unit)
    return scaled


def _origin(block: Block, n_features: int) -> Array:
    """Return a point near the data: its first row, or zero for sparse rows."""
    if isinstance(block, tuple):
        return np.zeros(n_features)
    first = block[0].astype(np.float64)
    return np.where(np.isfinite(first), first, 0.0)


def _not_finite(block: Block, row: int, column: int) -> str:
    if isinstance(block, tuple):
        begin, end = block[0][row], block[0][row + 1]
        values = block[2][begin:end][block[1][begin:end] == column]
        value = values[~np.isfinite(values)][0]
    else:
        value = block[row, column]
    return "NaN" if np.isnan(value) else "infinity (inf)"
