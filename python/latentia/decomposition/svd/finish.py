"""From a subspace to singular triplets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from latentia.decomposition.svd.certificate import Certificate
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.orthonormal import Array, tall
from latentia.decomposition.svd.result import Decomposition
from latentia.rows import gram, product


@dataclass(frozen=True)
class Projection:
    """An orthonormal basis K (n × c) of a space, its image MK (m × c), and the proof.

    ``certificate`` speaks of K or of a space within it.
    """

    K: Array
    MK: Array
    certificate: Certificate
    n_passes: int
    method: str
    converged: bool


def finish(projection: Projection, op: Operator, k: int) -> Decomposition:
    """Return the k best singular triplets of M in the space (Rayleigh–Ritz).

    With K orthonormal they are M·K = U·S·Pᵀ, V = K·P: the SVD of a tall thin matrix,
    through products where that is safe and by Householder's QR where it is not.
    """
    triplets = _by_gram(projection, k, op.n_threads)
    U, s, V = triplets if triplets is not None else _by_householder(projection, k)
    proof = projection.certificate
    residuals = proof.residuals[:k] / np.maximum(s, np.finfo(s.dtype).tiny)
    lower, upper = proof.interval(k, op.dtype)
    bound = np.maximum(upper - s, s - lower) + rounding(op, s, projection.K.shape[1])
    unit = op.weight if isinstance(op.weight, float) else 1.0
    return Decomposition(
        U=U,
        s=(s / unit).astype(op.dtype),
        V=V,
        residuals=residuals / unit,
        error_bound=bound / unit,
        n_passes=projection.n_passes,
        method=projection.method,
        converged=projection.converged,
    )


def rounding(op: Operator, s: Array, width: int) -> float:
    """Return what rounding alone can move a singular value by.

    The products round in the data's precision, relative to the matrix before its mean
    is taken off; the small algebra, of ``width`` columns, in float64.
    """
    largest = float(s.max(initial=0.0))
    removed = 0.0
    if op.mean is not None:
        weight = op.weight if isinstance(op.weight, float) else op.weight.T
        length = float(np.linalg.norm(op.mean.astype(np.float64) * weight))
        removed = length * (op.shape[0] * op.shape[1] / op.mean.size) ** 0.5
    narrow, wide = float(np.finfo(op.dtype).eps), float(np.finfo(np.float64).eps)
    return 8 * narrow * (largest + removed) + 2 * width * wide * largest


def _by_gram(
    projection: Projection, k: int, n_threads: int
) -> tuple[Array, Array, Array] | None:
    """Eigenvectors of (MK)ᵀ(MK), then one correction that makes U orthonormal.

    The float64 Gram matrix resolves s down to √eps of the largest. The correction is
    CholeskyQR's second round: U₀ = MK·P/s has UᵀU near 1; with its Cholesky factor R,
    M·K·P = (U₀R⁻¹)·(R·s), and the SVD of the small R·s repairs s and P as well.
    """
    K, MK = projection.K, projection.MK
    dtype = K.dtype
    values, vectors = scipy.linalg.eigh(gram(tall(MK), n_threads=n_threads))
    s = np.sqrt(np.maximum(values[::-1][:k], 0))
    P = vectors[:, ::-1][:, :k]
    safe = 1e-6 if dtype == np.float64 else 1e-5
    if not s[-1] > safe * s[0]:
        return None
    U = product(tall(MK), P / s, n_threads=n_threads)
    try:
        R = scipy.linalg.cholesky(gram(tall(U), n_threads=n_threads))
    except scipy.linalg.LinAlgError:
        return None
    left, s, right_t = scipy.linalg.svd(R * s)
    correction = scipy.linalg.solve_triangular(R, left)
    product(tall(U), correction, out=U, n_threads=n_threads)
    V = product(tall(K), P @ right_t.T, n_threads=n_threads)
    return U, s, V


def _by_householder(projection: Projection, k: int) -> tuple[Array, Array, Array]:
    """Return the SVD of M·K by LAPACK: for rank-deficient matrices and very small s."""
    MK = projection.MK.astype(np.float64)
    U, s, Pt = scipy.linalg.svd(MK, full_matrices=False, lapack_driver="gesdd")
    dtype = projection.K.dtype
    V = projection.K.astype(np.float64) @ Pt[:k].T
    return (
        np.ascontiguousarray(U[:, :k], dtype=dtype),
        s[:k],
        np.ascontiguousarray(V, dtype=dtype),
    )
