"""M·K, a tall matrix that is kept next to the rows or known through passes alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from latentia._blas import serial_blas
from latentia.decomposition.svd.operator import Operator
from latentia.rows import (
    RowState,
    pairwise_sum,
    product,
    reduce_product,
    single_threaded,
)
from latentia.rows.backend import as_float64, is_tensor, kernels_of, placed_like

Array = NDArray[Any]

_TILE = 8192
"""Rows that are factorised at once: their copy in float64 is small."""


class Sketch:
    """MK = M·K (m × c) of a basis K (n × c).

    Attributes
    ----------
    K : ndarray of shape (n, c)
    MK : RowState (m × c)
        None if it is not kept: then each question is another read of the rows.
    gram : ndarray of shape (c, c)
        (MK)ᵀMK, float64.
    covariance : ndarray of shape (c, c)
        Of the rows of MK, float64.
    n_more_reads : int
        How many questions have been asked of a sketch that is not kept.
    """

    def __init__(
        self, op: Operator, K: Array, MK: RowState | None, *, keep: bool
    ) -> None:
        self._op, self.K, self.MK = op, K, MK
        self.n_more_reads = 0
        centre = None if op.centroid is None else op.centroid @ K.astype(np.float64)
        kernel = partial(_moments, centre=centre)
        if MK is not None:
            moments = MK.reduce(kernel, n_threads=op.n_threads)
        else:
            self.MK = op.rows.empty_state(K.shape[1]) if keep else None
            moments = op.reduce_product(K, kernel, self.MK)
        self.gram, self.covariance = moments.about_zero(centre), moments.covariance()

    def multiply(self, P: Array) -> tuple[RowState | None, Array]:
        """Return U = MK·P (m × b), if MK is kept, and UᵀU. U may take MK's place."""
        if self.MK is None:
            self.n_more_reads += 1
            return None, self._op.reduce_product(self.K @ P, _gram)
        square = P.shape[0] == P.shape[1]
        U = self.MK if square else self.MK.empty_state(P.shape[1])
        return U, reduce_product(self.MK, P, _gram, Y=U, n_threads=self._op.n_threads)

    def r_factor(self) -> Array:
        """Return R (c × c) with RᵀR = (MK)ᵀMK, to rounding and not to its root."""
        if self.MK is None:
            self.n_more_reads += 1
            return self._op.reduce_product(self.K, _r_factor).R
        return self.MK.reduce(_r_factor).R

    def orthonormalise(self, U: RowState, null: Array) -> None:
        """Make the columns of U orthonormal; those that are ``null`` are drawn first.

        U·R⁻¹ with the triangle of U, twice. A column of which little remains next to
        those before it is rounding, which any other direction may stand for.
        """
        random, rounds = np.random.default_rng(0), 0
        for _ in range(9):  # chance alone would need three
            if null.any():
                draw = partial(_normal, n_columns=len(null))
                drawn = U.random_state_rows(draw, random, len(null))
                drawn.update(partial(_replace, columns=null), U)
            R = U.reduce(_r_factor).R
            left, length = np.abs(np.diag(R)), np.linalg.norm(R, axis=0)
            null = left <= 1e-5 * length
            if null.any():
                continue
            R *= np.where(np.diag(R) < 0, -1.0, 1.0)[:, np.newaxis]
            inverse = scipy.linalg.solve_triangular(R, np.eye(len(R)))
            product(U, inverse, out=U, n_threads=self._op.n_threads)
            rounds += 1
            if rounds == 2:
                break


@dataclass(frozen=True)
class Moments:
    """Of Y about a centre c, in float64: how many rows, Σ(y − c) and Σ(y − c)(y − c)ᵀ.

    Uncentred, a mean far larger than what lies about it would swallow the variance.
    """

    count: int
    sum: Array
    gram: Array

    def __add__(self, other: Moments) -> Moments:
        """Add those of other rows."""
        return Moments(
            self.count + other.count, self.sum + other.sum, self.gram + other.gram
        )

    def about_zero(self, centre: Array | None) -> Array:
        """Return YᵀY."""
        if centre is None:
            return self.gram
        cross = np.outer(self.sum, centre)
        square = self.count * np.outer(centre, centre)
        about: Array = self.gram + cross + cross.T + square
        return about

    def covariance(self) -> Array:
        """Return the covariance of the rows."""
        mean = self.sum / self.count
        about: Array = self.gram / self.count - np.outer(mean, mean)
        return about


def r_factor(op: Operator) -> Array:
    """Return R (n × n) with RᵀR = MᵀM, to rounding and not to its root: one pass."""
    return op.reduce_product(np.eye(op.shape[1], dtype=op.dtype), _r_factor).R


def _moments(Y: Array, n_threads: int, *, centre: Array | None) -> Moments:
    about = np.zeros(Y.shape[1]) if centre is None else centre
    offset = None if centre is None else centre[np.newaxis]
    kernels = kernels_of(Y)
    total = kernels.summary(Y, about, n_threads)[0]
    return Moments(len(Y), total, kernels.gram(Y, offset, n_threads))


def _gram(Y: Array, n_threads: int) -> Array:
    G: Array = kernels_of(Y).gram(Y, None, n_threads)
    return G


@dataclass(frozen=True)
class RFactor:
    """R of Y = Q·R, float64; the triangle of two runs of rows is that of both's.

    J. Demmel, L. Grigori, M. Hoemmen and J. Langou, "Communication-optimal parallel
    and sequential QR and LU factorizations", SIAM Journal on Scientific Computing 34
    (2012).
    """

    R: Array

    def __add__(self, other: RFactor) -> RFactor:
        """Factorise both, one below the other."""
        return RFactor(_r(np.vstack([self.R, other.R])))


@single_threaded
def _r_factor(Y: Array) -> RFactor:
    starts = range(0, len(Y), _TILE)
    return pairwise_sum(RFactor(_r(as_float64(Y[i : i + _TILE]))) for i in starts)


def _r(Y: Array) -> Array:
    """Return R (c × c) of Y (m × c), with zero rows if m < c."""
    if is_tensor(Y):
        found: Array = kernels_of(Y).r_factor(Y)
        return found
    with serial_blas():  # where the rows are, this may be another process
        R: Array = scipy.linalg.qr(Y, mode="r", overwrite_a=True)[0][: Y.shape[1]]
    missing = Y.shape[1] - len(R)
    return np.vstack([R, np.zeros((missing, Y.shape[1]))]) if missing else R


def _normal(random: Any, n_rows: int, *, n_columns: int) -> Array:
    drawn: Array = random.standard_normal((n_rows, n_columns))
    return drawn


@single_threaded
def _replace(Y: Array, U: Array, *, columns: Array) -> int:
    there = placed_like(columns, U)
    U[:, there] = Y[:, there]
    return 0
