"""Orthonormal bases of tall matrices, by products.

Householder's QR streams a tall matrix once a column and would take longer than the
passes over the data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from latentia.rows import MemoryState, adjoint_product, gram, product

Array = NDArray[Any]


def times(A: Array, B: Array, *, n_threads: int) -> Array:
    """Return the product of a tall factor A (n × c) and a small B."""
    return product(MemoryState(A), B, n_threads=n_threads).to_numpy()


def cholesky_round(Z: Array, n_threads: int) -> tuple[Array, Array] | None:
    """Factorise Z (n × b) = Q·R with Q near orthonormal, or return None.

    ``R = chol(ZᵀZ); Q = Z·R⁻¹``, one round of CholeskyQR2 (Yamamoto, Nakatsukasa,
    Yanagisawa & Fukaya 2015): QᵀQ is off by cond(Z)² in the float64 Gram matrix and by
    cond(Z) in the product, so a second round makes it orthonormal to rounding. The
    columns are scaled to unit length first: only what then remains of cond(Z) counts.
    None means that a column is zero, or that too little of it remains after the
    projection on the others to divide by.
    """
    G = gram(MemoryState(Z), n_threads=n_threads)
    length = np.sqrt(np.diag(G))
    if not (length > 0).all():
        return None
    try:
        R = scipy.linalg.cholesky(G / np.outer(length, length))
    except scipy.linalg.LinAlgError:
        return None
    eps = float(np.finfo(Z.dtype).eps)
    if np.diag(R).min() < max(100 * eps, 8 * float(np.finfo(np.float64).eps) ** 0.5):
        return None
    R *= length
    inverse = scipy.linalg.solve_triangular(R, np.eye(len(R)))
    return times(Z, inverse, n_threads=n_threads), R


def householder_round(Z: Array, most: int, seed: int) -> tuple[Array, Array]:
    """Factorise Z (n × b) = Q·R with at most ``most`` columns in Q, in float64.

    For columns that are nearly dependent, once they have unit length. The longest comes
    first, then the longest remainder: a direction that dominates all columns becomes
    one column of Q, to all its digits, and what little the columns differ by fills the
    others. It may be small against the dominant direction and still be all that is
    known of the rest of the spectrum, so a column is given up only where nothing is
    left relative to its own length (Householder's reflections are exact to that, column
    by column: Cox & Higham 1998, "Stability of Householder QR factorization for
    weighted least squares problems"). A random direction takes its place; its row of R
    is zero.
    """
    wide = Z.astype(np.float64)
    length = np.linalg.norm(wide, axis=0)
    Q, R, order = scipy.linalg.qr(wide, mode="economic", pivoting=True)
    Q, R = Q[:, :most], R[:most]
    left = np.abs(np.diag(R))
    nothing = left <= 8 * np.finfo(np.float64).eps * length[order[: len(left)]]
    random = np.random.default_rng(seed).standard_normal((len(Q), int(nothing.sum())))
    Q[:, nothing] = random / len(Q) ** 0.5
    R[nothing] = 0.0
    in_order = np.empty_like(R)
    in_order[:, order] = R
    return np.ascontiguousarray(Q, dtype=Z.dtype), in_order


@dataclass
class Basis:
    """Orthonormal columns K (n × c) that grow block by block.

    One C-ordered array with room for more columns, so that products with all of K are
    single passes.
    """

    n: int
    dtype: np.dtype[Any]
    n_threads: int
    room: int
    width: int = 0
    _columns: Array = field(init=False)

    def __post_init__(self) -> None:
        self._columns = np.empty((self.n, self.room), dtype=self.dtype)

    @property
    def columns(self) -> Array:
        """K (n × c)."""
        return self._columns[:, : self.width]

    def append(self, Q: Array) -> Array:
        """Add the columns Q (n × b) and return them."""
        end = self.width + Q.shape[1]
        if end > self._columns.shape[1]:
            grown = np.empty((self.n, 2 * end), dtype=self.dtype)
            grown[:, : self.width] = self.columns
            self._columns = grown
        self._columns[:, self.width : end] = Q
        self.width = end
        return Q

    def orthogonalise(self, Z: Array) -> tuple[Array, Array, Array]:
        """Write Z = K·H + Q·R with Q orthonormal and orthogonal to K.

        Returns
        -------
        H : ndarray of shape (c, b)
        Q : ndarray of shape (n, r)
            r = min(b, n − c) columns.
        R : ndarray of shape (r, b)

        Notes
        -----
        Gram–Schmidt by blocks, again after the columns have been made near
        orthonormal: dividing by the little that is left of a column would otherwise
        bring K back (Giraud, Langou, Rozložník & van den Eshof 2005). How much is left
        is judged for each column against its own length: a column that is a million
        times as long as another must not make the other one vanish.
        """
        H = self._project_out(Z)
        H += self._project_out(Z)
        Q, R = Z, np.eye(Z.shape[1])
        left, good = self.n - self.width, 0
        if left == 0:
            return H, Z[:, :0], R[:0]
        for attempt in range(6):
            factors = None
            if Q.shape[1] <= left:
                factors = cholesky_round(Q, self.n_threads)
            good = 0 if factors is None else good + 1
            Q, step = factors or householder_round(Q, left, self.width + attempt)
            R = step @ R
            H += self._project_out(Q) @ R
            if good == 2:
                break
        return H, Q, R

    def _project_out(self, Z: Array) -> Array:
        """Take the part within K off Z in place, and return its coefficients."""
        if self.width == 0:
            return np.zeros((0, Z.shape[1]))
        K = MemoryState(self.columns)
        H = adjoint_product(
            K, MemoryState(np.ascontiguousarray(Z)), n_threads=self.n_threads
        )
        Z -= product(K, H, n_threads=self.n_threads).to_numpy()
        return H.astype(np.float64)
