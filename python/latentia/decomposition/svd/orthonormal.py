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

from latentia.rows import MemoryRows, adjoint_product, dense, gram, product

Array = NDArray[Any]


def times(A: Array, B: Array, *, n_threads: int) -> Array:
    """Return the product of a tall factor A (n × c) and a small B."""
    return dense(product(MemoryRows(A), B, n_threads=n_threads))


def cholesky_round(
    Z: Array, n_threads: int, *, least: float = 0.0
) -> tuple[Array, Array] | None:
    """Factorise Z (n × b) = Q·R with Q near orthonormal, or return None.

    ``R = chol(ZᵀZ); Q = Z·R⁻¹``, one round of CholeskyQR2 (Yamamoto, Nakatsukasa,
    Yanagisawa & Fukaya 2015): QᵀQ is off by cond(Z)² in the float64 Gram matrix and by
    cond(Z) in the product, so a second round makes it orthonormal to rounding. The
    columns are brought to one length first: only what then remains of cond(Z) counts.
    None means that a column is no longer than ``least``, or that too little of it
    remains beside the others to divide by.
    """
    G = gram(MemoryRows(Z), n_threads=n_threads)
    length = np.sqrt(np.diag(G))
    if not (length > least).all():
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

    def split(self, Z: Array) -> tuple[Array, Array, Array]:
        """Write Z = K·H + Q·R with Q orthonormal and orthogonal to K.

        Returns
        -------
        H : ndarray of shape (c, b)
        Q : ndarray of shape (n, b)
        R : ndarray of shape (b, b)

        Notes
        -----
        Gram–Schmidt by blocks, again after the columns have been made near
        orthonormal: dividing by the little that is left of a column would otherwise
        bring K back (Giraud, Langou, Rozložník & van den Eshof 2005). Where Z lies in K
        already, random directions complete Q and their rows of R vanish.
        """
        noise = 8 * float(np.finfo(self.dtype).eps) * np.linalg.norm(Z, axis=0).max()
        H = self._project_out(Z)
        H += self._project_out(Z)
        Q, R = Z, np.eye(Z.shape[1])
        for least in (noise, 0.0):
            factors = cholesky_round(Q, self.n_threads, least=least)
            if factors is None:
                return H, *self._complete(Z, noise)
            Q, step = factors
            R = step @ R
            H += self._project_out(Q) @ R
        return H, Q, R

    def _project_out(self, Z: Array) -> Array:
        """Take the part within K off Z in place, and return its coefficients."""
        if self.width == 0:
            return np.zeros((0, Z.shape[1]))
        K = MemoryRows(self.columns)
        H = adjoint_product(
            K, MemoryRows(np.ascontiguousarray(Z)), n_threads=self.n_threads
        )
        Z -= dense(product(K, H, n_threads=self.n_threads))
        return H.astype(np.float64)

    def _complete(self, Z: Array, noise: float) -> tuple[Array, Array]:
        """Return Q·R of a Z with dependent columns, by Householder reflections."""
        Q, R = scipy.linalg.qr(Z.astype(np.float64), mode="economic")
        lost = np.abs(np.diag(R)) <= noise
        rng = np.random.default_rng(self.width)
        Q[:, lost] = rng.standard_normal((self.n, int(lost.sum())))
        R[lost] = 0.0
        mixing = np.eye(Z.shape[1])
        for _ in range(2):
            Q = Q.astype(self.dtype)
            self._project_out(Q)
            Q, step = scipy.linalg.qr(Q.astype(np.float64), mode="economic")
            mixing = step @ mixing
        return np.ascontiguousarray(Q, dtype=self.dtype), mixing @ R
