"""What a decomposition is and what it promises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import RowSource, RowState, product, scale_columns
from latentia.rows.backend import extremes_of_columns, to_numpy

Array = NDArray[Any]


@dataclass
class Decomposition:
    """A ≈ U·diag(s)·Vᵀ of rank k.

    Attributes
    ----------
    left_basis : RowState (m × k)
        Of the rows of A, with U = left_basis·rotation; None if U is not wanted.
    rotation : ndarray of shape (k, k)
        What is still to be multiplied with, so that the rows of U are written once.
    s : ndarray of shape (k,), descending
    V : ndarray of shape (n, k), orthonormal columns
    variance : ndarray of shape (k,)
        Of each column of U, float64; of centred rows 1/m.
    residuals : ndarray of shape (k,)
        ‖AᵀA v − θ v‖/s of the right singular vectors, in the unit of s, as the last
        full pass saw them.
    error_bound : ndarray of shape (k,)
        A singular value of A lies within this of each s.
    n_passes : int
        How often the rows were read.
    method : str
        The method used: krylov, power, gram, lapack or arpack.
    n_threads : int
    converged : bool
        Whether the tolerance was reached.
    """

    left_basis: RowState | None
    rotation: Array
    s: Array
    V: Array
    variance: Array
    residuals: Array
    error_bound: Array
    n_passes: int
    method: str
    n_threads: int
    converged: bool = True

    def take_U(self, scale: Array | None = None) -> RowState:
        """Return U·diag(scale) (m × k) in the memory of ``left_basis``, which is gone.

        U has orthonormal columns. It can be taken once.
        """
        basis, self.left_basis = self.left_basis, None
        if basis is None:
            raise RuntimeError("U was not asked for, or has been taken already")
        rotation = self.rotation if scale is None else self.rotation * scale
        if (rotation == np.diag(np.diag(rotation))).all():
            scale_columns(basis, np.diag(rotation))
            return basis
        return product(basis, rotation, out=basis, n_threads=self.n_threads)

    def take_coordinates(self, scale: Array) -> RowState:
        """Return the columns of U that ``scale`` has factors for, times these."""
        k = len(scale)
        if len(self.s) == k:
            return self.take_U(scale)
        return product(self.take_U(), np.eye(len(self.s), k) * scale)

    def transposed(self, rows: RowSource) -> Decomposition:
        """Return the decomposition of the transpose, U where ``rows`` are."""
        return replace(
            self,
            left_basis=rows.state_from_array(self.V),
            rotation=np.eye(len(self.s)),
            V=self.take_U().to_numpy(),
            variance=self.V.var(axis=0, dtype=np.float64),
        )

    def with_signs(self) -> Decomposition:
        """Return it with the largest entry of every right singular vector positive.

        The rule of scikit-learn's ``svd_flip(u_based_decision=False)``, which makes
        signs independent of how the vectors were found.
        """
        sign = column_signs(self.V)
        if (sign > 0).all():
            return self
        self.V.__imul__(sign)
        return replace(self, rotation=self.rotation * sign)


def column_signs(M: Any) -> Array:
    """Return, for every column, the sign of its largest entry, as ±1.

    Of entries that are equally large, up to rounding, the first decides.
    """
    high, low = extremes_of_columns(M)
    low = -low
    sign = np.where(high >= low, 1, -1).astype(high.dtype)
    for j in np.flatnonzero(np.abs(high - low) <= 1e-4 * np.maximum(high, low)):
        column = np.asarray(to_numpy(M[:, j]))
        size = np.abs(column)
        first = int(np.argmax(size >= (1 - 1e-4) * size.max()))
        sign[j] = -1 if column[first] < 0 else 1
    return sign
