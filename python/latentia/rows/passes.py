"""The passes that factorisations are made of: each reads every row once.

Shapes: rows A (m × n), X (n × b), Y (m × b), Z (n × b). ``mean`` is taken off A as
NumPy broadcasts it: (1, n), or (m, 1) for rows that are read transposed.
"""

from __future__ import annotations

from dataclasses import dataclass
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

    ``sum`` and ``square`` (n_features) are Σ(a − origin) and Σ(a − origin)².
    """

    n_rows: int
    origin: Array
    sum: Array
    square: Array
    max_abs: float

    def __add__(self, other: Summary) -> Summary:
        """Merge the summaries of two runs of rows, which have the same origin."""
        return Summary(
            self.n_rows + other.n_rows,
            self.origin,
            self.sum + other.sum,
            self.square + other.square,
            max(self.max_abs, other.max_abs),
        )

    @property
    def mean(self) -> Array:
        """Mean of each column, float64 (n_features,)."""
        return self.origin + self.sum / self.n_rows

    @property
    def centred_square(self) -> Array:
        """Σ(a − mean)² of each column (n_features,)."""
        return np.maximum(self.square - self.sum**2 / self.n_rows, 0.0)

    @property
    def total_square(self) -> float:
        """‖A‖², the sum of the squares of all entries."""
        about_zero = self.square + self.origin * (
            2 * self.sum + self.n_rows * self.origin
        )
        return float(about_zero.sum())


def summarise(rows: RowSource, *, name: str = "X", n_threads: int = 1) -> Summary:
    """Return size and moments of the columns, or raise where a number is not finite.

    Raises
    ------
    ValueError
        Naming the first row and column that hold NaN or infinity.
    """
    origins: list[Array] = []

    def kernel(block: Block, _: Array | None) -> Summary:
        if not origins:
            origins.append(_origin(block, rows.shape[1]))
        found, square, max_abs, bad_row, bad_col = kernels.summary(
            block, origins[0], n_threads
        )
        if bad_row >= 0:
            raise ValueError(_not_finite(block, name, bad_row, bad_col))
        n_rows = len(block[0]) - 1 if isinstance(block, tuple) else block.shape[0]
        return Summary(n_rows, origins[0], found, square, max_abs)

    return rows.reduce(kernel)


def _origin(block: Block, n_features: int) -> Array:
    """Return a point near the data: its first row, or zero for sparse rows."""
    if isinstance(block, tuple):
        return np.zeros(n_features)
    first = block[0].astype(np.float64)
    return np.where(np.isfinite(first), first, 0.0)


def _not_finite(block: Block, name: str, row: int, column: int) -> str:
    if isinstance(block, tuple):
        begin, end = block[0][row], block[0][row + 1]
        values = block[2][begin:end][block[1][begin:end] == column]
        value = values[~np.isfinite(values)][0]
    else:
        value = block[row, column]
    what = "NaN" if np.isnan(value) else "infinity (inf)"
    return f"{name} contains {what} at row {row}, column {column}"
