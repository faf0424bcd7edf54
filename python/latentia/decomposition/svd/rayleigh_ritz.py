"""From a subspace to singular triplets."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.orthonormal import Array, times
from latentia.decomposition.svd.projection import Projection
from latentia.decomposition.svd.result import Decomposition
from latentia.decomposition.svd.sketch import Sketch
from latentia.rows import RowState


def rayleigh_ritz(
    projection: Projection, op: Operator, k: int, *, want_U: bool
) -> Decomposition:
    """Return the k best singular triplets of M in the space (Rayleigh–Ritz).

    With K orthonormal they are M·K = U·S·Pᵀ, V = K·P: the SVD of a tall thin matrix,
    through products where that is safe and through Householder's QR where it is not.
    """
    sketch = Sketch(op, projection.K, projection.MK, keep=want_U)
    triplets = _by_gram(sketch, k) or _by_r_factor(sketch, k)
    s, P, left_basis, rotation = triplets
    proof = projection.certificate
    least = max(float(np.finfo(np.float64).eps * s[0]), float(np.finfo(s.dtype).tiny))
    residuals = proof.residuals[:k] / np.maximum(s, least)
    lower, upper = proof.interval(k)
    bound = np.maximum(upper - s, s - lower) + rounding(op, s, projection.K.shape[1])
    unit = op.weight if isinstance(op.weight, float) else 1.0
    return Decomposition(
        left_basis=left_basis,
        rotation=rotation,
        s=(s / unit).astype(op.dtype),
        V=times(projection.K, P, n_threads=op.n_threads),
        variance=_variance(sketch.covariance, s, P),
        residuals=residuals / unit,
        error_bound=bound / unit,
        n_passes=projection.n_passes + sketch.n_more_reads,
        method=projection.method,
        n_threads=op.n_threads,
        converged=projection.converged,
    )


def _variance(covariance: Array, s: Array, P: Array) -> Array:
    """Return the variance of the columns of U = MK·P/s."""
    of_sketch = (P * (covariance @ P)).sum(axis=0)
    square = s**2  # 0 of numbers whose square is too small as well
    variance: Array = np.divide(
        of_sketch, square, out=np.zeros_like(s), where=square > 0
    )
    return np.maximum(variance, 0.0)


def rounding(op: Operator, s: Array, width: int) -> float:
    """Return what rounding alone can move a singular value by.

    The products and the mean round in the data's precision, the small algebra, of
    ``width`` columns, in float64.
    """
    largest = float(s.max(initial=0.0))
    # A row's products are summed in panels of 128 to 256, of float64 also of 64
    # (sparse: one by one).
    # Where all terms are alike, an addition is off by up to ε/8 in the mean.
    depth = op.rows.n_stored / op.shape[0]
    if not op.rows.sparse:
        least = 64 if op.dtype == np.float64 else 128
        depth = min(depth, 256) + depth / least
    long_sums = max(8.0, depth / 8)
    narrow, wide = float(np.finfo(op.dtype).eps), float(np.finfo(np.float64).eps)
    products = (long_sums * narrow + 2 * width * wide) * largest
    return products + op.mean_rounding


Triplets = tuple[Array, Array, RowState | None, Array]
"""(s, P, left_basis, rotation): V = K·P and U = left_basis·rotation."""


def _by_gram(sketch: Sketch, k: int) -> Triplets | None:
    """Eigenvectors of (MK)ᵀ(MK), then one correction that makes U orthonormal.

    The float64 Gram matrix resolves s down to √eps of the largest. The correction is
    CholeskyQR's second round: U₀ = MK·P/s has UᵀU near 1; with its Cholesky factor R,
    M·K·P = (U₀R⁻¹)·(R·s), and the SVD of the small R·s repairs s and P as well.
    """
    single = sketch.K.dtype == np.float32
    values, vectors = scipy.linalg.eigh(sketch.gram)
    s = np.sqrt(np.maximum(values[::-1][:k], 0))
    P = vectors[:, ::-1][:, :k]
    if not s[-1] > (1e-5 if single else 1e-6) * s[0]:
        return None
    if sketch.MK is None and (single or s[-1] > 0.1 * s[0]):
        return s, P, None, np.eye(k)  # nothing that the data's precision could tell
    U, overlap = sketch.multiply(P / s)
    R = scipy.linalg.cholesky(overlap)  # s is safe: it is I to a thousandth
    left, s, right_t = scipy.linalg.svd(R * s)
    return s, P @ right_t.T, U, scipy.linalg.solve_triangular(R, left)


def _by_r_factor(sketch: Sketch, k: int) -> Triplets:
    """Decompose the triangle of MK: for deficient rank and very small s."""
    _, s, Pt = scipy.linalg.svd(sketch.r_factor())
    s, P = s[:k], Pt[:k].T
    if sketch.MK is None:
        return s, P, None, np.eye(k)
    null = s <= 4 * np.finfo(np.float64).eps * s[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(null, 0.0, P / s)
    U, _ = sketch.multiply(scaled)
    if U is not None:
        sketch.orthonormalise(U, null)
    return s, P, U, np.eye(k)
