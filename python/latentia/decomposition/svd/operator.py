"""The matrix that is decomposed: rows, perhaps centred, scaled or transposed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import (
    Kernel,
    Mean,
    RowSource,
    RowState,
    S,
    gram,
    normal_product,
    product,
    reduce_product,
)

Array = NDArray[Any]


@dataclass(frozen=True)
class Operator:
    """M = (A − mean)·diag(weight), m × n, known through passes over the rows of A.

    Neither the mean nor the weight touches A: the mean is taken off a tile while it is
    in the cache (dense) or as a rank-one correction (sparse), and the weight is put on
    the narrow matrices on their way in and out.

    Attributes
    ----------
    rows : RowSource
    n_threads : int
    mean : ndarray of shape (1, n) or (m, 1), optional
    rest : ndarray of the same shape, optional
        What rounding has left of the mean.
    weight : float or ndarray of shape (n, 1)
        One number for all columns keeps matrices of extreme scale within float range:
        a power of two, which costs no digits.
    square : float
        ‖M‖²; NaN if it is not known.
    centroid : ndarray of shape (n,), optional
        Mean of the rows of M, float64; None where it is zero, or not known.
    mean_rounding : float
        ‖·‖ of what rounding the mean adds to M.
    column_squares : ndarray of shape (n,), optional
        ‖·‖² of each column of M, float64; None if they are not known.
    """

    rows: RowSource
    n_threads: int
    mean: Array | None = None
    rest: Array | None = None
    weight: float | Array = 1.0
    square: float = float("nan")
    centroid: Array | None = None
    mean_rounding: float = 0.0
    column_squares: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        return self.rows.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self.rows.dtype

    @property
    def _offset(self) -> Mean | None:
        if self.mean is None or self.rest is None:
            return self.mean
        return self.mean, self.rest

    def _weighted(self, X: Array) -> Array:
        if isinstance(self.weight, float) and self.weight == 1.0:
            return X
        return np.multiply(X, self.weight, dtype=X.dtype)

    def normal_product(self, X: Array, Y: RowState | None = None) -> Array:
        """Return MᵀM·X (n × b) in one read of the rows; write M·X to Y."""
        Z = normal_product(
            self.rows,
            self._weighted(X),
            mean=self._offset,
            Y=Y,
            n_threads=self.n_threads,
        )
        return self._weighted(Z)

    def product(self, X: Array) -> RowState:
        """Return M·X (m × b) as a state of the rows."""
        return product(
            self.rows, self._weighted(X), mean=self._offset, n_threads=self.n_threads
        )

    def reduce_product(
        self, X: Array, kernel: Kernel[Array, S], Y: RowState | None = None
    ) -> S:
        """Run a kernel on the rows of M·X (m × b); write them to Y as well."""
        return reduce_product(
            self.rows,
            self._weighted(X),
            kernel,
            mean=self._offset,
            Y=Y,
            n_threads=self.n_threads,
        )

    def gram(self) -> Array:
        """Return MᵀM (n × n) in float64."""
        return self._gram(by_float32=False)

    def gram_by_float32(self) -> Array:
        """Return MᵀM (n × n) with products in float32, of dense float32 rows."""
        return self._gram(by_float32=True)

    def _gram(self, *, by_float32: bool) -> Array:
        G = gram(
            self.rows,
            mean=self._offset,
            by_float32=by_float32,
            n_threads=self.n_threads,
        )
        weight = np.asarray(self.weight, dtype=np.float64)
        return weight * G * weight.T
