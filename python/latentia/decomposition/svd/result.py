"""What a decomposition is and what it promises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import MemoryState, RowState, product, scale_columns

Array = NDArray[Any]


@dataclass(frozen=True)
class Decomposition:
    """A ≈ U·diag(s)·Vᵀ of rank k.

    Attributes
    ----------
    span : RowState (m × k)
        Of the rows of A, with U = span·turn; None if U is not wanted.
    turn : ndarray of shape (k, k)
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

    span: RowState | None
    turn: Array
    s: Array
    V: Array
    variance: Array
    residuals: Array
    error_bound: Array
    n_passes: int
    method: str
    n_threads: int
    converged: bool = True

    def U(self, scale: Array | None = None) -> RowState:
        """Return U·diag(scale) (m × k), orthonormal columns, where ``span`` was."""
        if self.span is None:
            raise ValueError("the decomposition was made without U")
        turn = self.turn if scale is None else self.turn * scale
        if (turn == np.diag(np.diag(turn))).all():
            scale_columns(self.span, np.diag(turn))
            return self.span
        return product(self.span, turn, out=self.span, n_threads=self.n_threads)

    def coordinates(self, scale: Array) -> RowState:
        """Return the columns of U that ``scale`` has factors for, times these."""
        k = len(scale)
        if len(self.s) == k:
            return self.U(scale)
        return product(self.U(), np.eye(len(self.s), k) * scale)

    def mirrored(self) -> Decomposition:
        """Return the decomposition of the transpose."""
        return replace(
            self,
            span=MemoryState(self.V),
            turn=np.eye(len(self.s)),
            V=self.U().to_numpy(),
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
        return replace(self, turn=self.turn * sign)


def column_signs(M: Any) -> Array:
    """Return, for every column, the sign of its largest entry, as ±1.

    Of entries that are equally large, up to rounding, the first decides.
    """
    high, low = np.asarray(M.max(axis=0)), -np.asarray(M.min(axis=0))
    sign = np.where(high >= low, 1, -1).astype(M.dtype)
    for j in np.flatnonzero(np.abs(high - low) <= 1e-4 * np.maximum(high, low)):
        size = np.abs(np.asarray(M[:, j]))
        first = int(np.argmax(size >= (1 - 1e-4) * size.max()))
        sign[j] = -1 if M[first, j] < 0 else 1
    return sign
