"""Routes without a random start, for few features and for small matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from latentia.decomposition.svd.certificate import Certificate
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.projection import Projection
from latentia.decomposition.svd.rayleigh_ritz import rounding
from latentia.decomposition.svd.result import Decomposition
from latentia.decomposition.svd.sketch import r_factor
from latentia.rows import MemoryState

Array = NDArray[Any]


RESOLVED = 1e-6
"""Values of MᵀM are taken from it where rounding is at most this share of the last."""


def by_gram(op: Operator, k: int) -> Projection:
    """Project on the k leading eigenvectors of MᵀM (n × n), made in one pass.

    MᵀM knows θ to ε·θ₁ only. Where the k-th is less than a million times that, another
    pass makes the triangle R of M = Q·R instead, RᵀR = MᵀM, whose singular values are
    known to ε·s₁.
    """
    values, vectors, residuals = _eigenpairs(op.gram(), k)
    n_passes, exact = 2, float(np.finfo(np.float64).eps)
    noise = exact * values[0]
    if noise > RESOLVED * values[-1]:
        values, vectors = _of_r_factor(r_factor(op), k)
        residuals = np.zeros(k)
        noise, n_passes = exact * np.sqrt(values[0] * values), 3
    rounded = float(np.finfo(op.dtype).eps) * np.sqrt(max(values[0], 0.0) * values)
    certificate = Certificate(values, np.eye(k), residuals, 8 * (noise + rounded))
    K = np.ascontiguousarray(vectors, dtype=op.dtype)
    return Projection(K, None, certificate, n_passes, "gram", converged=True)


def _eigenpairs(G: Array, k: int) -> tuple[Array, Array, Array]:
    """Return the k leading eigenvalues, eigenvectors and their residuals."""
    n = len(G)
    values, vectors = scipy.linalg.eigh(G, subset_by_index=(n - k, n - 1))
    if vectors.shape[1] < k:  # LAPACK's syevr gives up some of many equal eigenvalues
        values, vectors = (
            part[..., -k:] for part in scipy.linalg.eigh(G, driver="evd")
        )
    values, vectors = values[::-1], vectors[:, ::-1]
    residuals = np.linalg.norm(G @ vectors - vectors * values, axis=0)
    return np.maximum(values, 0.0), vectors, residuals


def _of_r_factor(R: Array, k: int) -> tuple[Array, Array]:
    """Return the k leading eigenvalues and eigenvectors of RᵀR."""
    _, s, Vt = scipy.linalg.svd(R)
    return s[:k] ** 2, Vt[:k].T


def by_lapack(op: Operator, k: int) -> Decomposition:
    """Decompose the dense matrix itself."""
    M = op.product(np.eye(op.shape[1], dtype=op.dtype)).to_numpy()
    U, s, Vt = scipy.linalg.svd(M, full_matrices=False)
    unit = op.weight if isinstance(op.weight, float) else 1.0
    bound = rounding(op, s, len(s))
    return Decomposition(
        left_basis=MemoryState(np.ascontiguousarray(U[:, :k])),
        rotation=np.eye(k),
        s=s[:k] / op.dtype.type(unit),
        V=np.ascontiguousarray(Vt[:k].T),
        variance=U[:, :k].var(axis=0, dtype=np.float64),
        residuals=np.zeros(k),
        error_bound=np.full(k, bound / unit),
        n_passes=1,
        method="lapack",
        n_threads=op.n_threads,
    )
