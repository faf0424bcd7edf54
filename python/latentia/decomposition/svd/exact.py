"""Routes without a random start, for few features and for small matrices."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from latentia.decomposition.svd.certificate import Certificate
from latentia.decomposition.svd.finish import Projection, rounding
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.result import Decomposition
from latentia.rows import MemoryRows, dense


def by_gram(op: Operator, k: int) -> Projection:
    """Project on the k leading eigenvectors of MᵀM (n × n), made in one pass."""
    G = op.gram()
    n = len(G)
    values, vectors = scipy.linalg.eigh(G, subset_by_index=(n - k, n - 1))
    if vectors.shape[1] < k:  # LAPACK's syevr gives up some of many equal eigenvalues
        values, vectors = (
            part[..., -k:] for part in scipy.linalg.eigh(G, driver="evd")
        )
    values, vectors = values[::-1], vectors[:, ::-1]
    residuals = np.linalg.norm(G @ vectors - vectors * values, axis=0)
    certificate = Certificate(np.maximum(values, 0.0), np.eye(k), residuals)
    K = np.ascontiguousarray(vectors, dtype=op.dtype)
    return Projection(K, None, certificate, 2, "gram", converged=True)


def by_lapack(op: Operator, k: int) -> Decomposition:
    """Decompose the dense matrix itself."""
    M = dense(op.product(np.eye(op.shape[1], dtype=op.dtype)))
    U, s, Vt = scipy.linalg.svd(M, full_matrices=False)
    unit = op.weight if isinstance(op.weight, float) else 1.0
    bound = rounding(op, s, len(s))
    return Decomposition(
        span=MemoryRows(np.ascontiguousarray(U[:, :k])),
        turn=np.eye(k),
        s=s[:k] / op.dtype.type(unit),
        V=np.ascontiguousarray(Vt[:k].T),
        variance=U[:, :k].var(axis=0, dtype=np.float64),
        residuals=np.zeros(k),
        error_bound=np.full(k, bound / unit),
        n_passes=1,
        method="lapack",
        n_threads=op.n_threads,
    )
