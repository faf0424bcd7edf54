"""What a decomposition is and what it promises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import MemoryRows, RowSource, dense, scale_columns

Array = NDArray[Any]


@dataclass(frozen=True)
class Decomposition:
    """A ≈ U·diag(s)·Vᵀ of rank k.

    Attributes
    ----------
    U : RowSource (m, k), orthonormal columns; None if it is not wanted
        Beside the rows of A.
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
        The route that was taken: krylov, power, gram or lapack.
    converged : bool
        Whether the tolerance was reached.
    """

    U: RowSource | None
    s: Array
    V: Array
    variance: Array
    residuals: Array
    error_bound: Array
    n_passes: int
    method: str
    converged: bool = True

    def mirrored(self) -> Decomposition:
        """Return the decomposition of the transpose."""
        assert self.U is not None
        variance = self.V.var(axis=0, dtype=np.float64)
        return replace(self, U=MemoryRows(self.V), V=dense(self.U), variance=variance)

    def with_signs(self) -> Decomposition:
        """Return it with the largest entry of every right singular vector positive.

        The rule of scikit-learn's ``svd_flip(u_based_decision=False)``, which makes
        signs independent of how the vectors were found.
        """
        high, low = self.V.max(axis=0), -self.V.min(axis=0)
        sign = np.where(high >= low, 1, -1).astype(self.V.dtype)
        for j in np.flatnonzero(np.abs(high - low) <= 1e-4 * np.maximum(high, low)):
            # A tie up to rounding: the first of the largest entries decides.
            size = np.abs(self.V[:, j])
            first = int(np.argmax(size >= (1 - 1e-4) * size.max()))
            sign[j] = -1 if self.V[first, j] < 0 else 1
        if (sign > 0).all():
            return self
        if self.U is not None:
            scale_columns(self.U, sign)
        self.V.__imul__(sign)
        return self
