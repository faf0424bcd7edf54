"""Routes without a random start, for few features and for small matrices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from latentia.decomposition.svd.certificate import Certificate
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.projection import Projection
from latentia.decomposition.svd.rayleigh_ritz import rayleigh_ritz, rounding
from latentia.decomposition.svd.result import Decomposition
from latentia.decomposition.svd.sketch import r_factor

Array = NDArray[Any]


RESOLVED = 1e-6
"""Values of MᵀM are taken from it where rounding is at most this share of each."""

PRECISE = {np.float32: 2.0**-20, np.float64: 2.0**-36}
"""Where rounding is at most this share of each value, their roots are the result."""

_WIDE = float(np.finfo(np.float64).eps)
_NARROW = float(np.finfo(np.float32).eps)


def by_gram(op: Operator, k: int, *, want_U: bool) -> Decomposition:
    """Take the k leading eigenpairs of MᵀM (n × n), made in one pass.

    The cheapest that resolves all k values is used:

    - MᵀM with products in float32, of dense float32 rows. See ``_rounding_of_sums``.
    - MᵀM in float64, which knows θ to ε·θ₁.
    - The triangle R of M = Q·R, RᵀR = MᵀM, whose singular values are known to ε·s₁.

    Without U the singular values of centred rows are the roots of the eigenvalues,
    where these are precise. Else another pass makes M·V, and U from it.
    """
    n_passes = 0
    if op.column_squares is not None and may_use_float32(op, k):
        G, n_passes = op.gram_by_float32(), n_passes + 1
        if np.isfinite(G).all():
            values, vectors, residuals = _eigenpairs(G, k)
            noise = _rounding_of_sums(G, op.column_squares, vectors)
            noise += 8 * _WIDE * values[0]
            if (noise <= PRECISE[np.float32] * values).all():
                certificate = Certificate(values, np.eye(k), residuals, noise)
                return _triplets(op, certificate, vectors, n_passes, want_U=want_U)
    values, vectors, residuals = _eigenpairs(op.gram(), k)
    noise, n_passes = np.full(k, 8 * _WIDE * values[0]), n_passes + 1
    if (noise <= 8 * RESOLVED * values).all():
        certificate = Certificate(values, np.eye(k), residuals, noise)
        return _triplets(op, certificate, vectors, n_passes, want_U=want_U)
    values, vectors = _of_r_factor(r_factor(op), k)
    noise = 8 * _WIDE * np.sqrt(values[0] * values)
    certificate = Certificate(values, np.eye(k), np.zeros(k), noise)
    return _by_projection(op, certificate, vectors, n_passes + 1, want_U=want_U)


def may_use_float32(op: Operator, k: int) -> bool:
    """Tell whether MᵀM is made with products in float32 first.

    Not where more than a quarter of all values is wanted: the least are too small for
    it. The rounding is known through the columns' squares only.
    """
    is_single = op.dtype == np.float32 and not op.rows.sparse
    return is_single and op.column_squares is not None and 4 * k <= op.shape[1]


def _rounding_of_sums(G: Array, exact: Array, vectors: Array) -> Array:
    """Return what products and sums in float32 add to each eigenvalue, vᵀ·δG·v.

    The diagonal of MᵀM is known in float64, and shows the rounding dᵢ of these sums.
    Relative to its size it is largest on the diagonal, where all terms have one sign.
    With |δGᵢⱼ| ≈ √(dᵢ·dⱼ) and independent signs vᵀ·δG·v ≈ Σ vᵢ²·dᵢ; the factor 2 is for
    tails and for correlation. Sums of few terms may be exact by chance: dᵢ counts as
    ε/32 of Gᵢᵢ at least.
    """
    found = np.diag(G)
    rounding = np.maximum(np.abs(found - exact), _NARROW / 32 * found)
    of_values: Array = 2 * (rounding @ vectors**2)
    return of_values


def _triplets(
    op: Operator, certificate: Certificate, V: Array, n_passes: int, *, want_U: bool
) -> Decomposition:
    """Return triplets from the eigenpairs (θ, v) of MᵀM."""
    is_centred = op.mean is not None and op.centroid is None
    theta = certificate.values
    is_precise = (certificate.noise <= PRECISE[op.dtype.type] * theta).all()
    if want_U or not (is_centred and is_precise):
        return _by_projection(op, certificate, V, n_passes, want_U=want_U)
    k, s = len(theta), np.sqrt(theta)
    lower, upper = certificate.interval(k)
    bound = np.maximum(upper - s, s - lower) + op.mean_rounding
    bound += float(np.finfo(op.dtype).eps) * s
    unit = op.weight if isinstance(op.weight, float) else 1.0
    least = max(_WIDE * float(s[0]), float(np.finfo(s.dtype).tiny))
    return Decomposition(
        left_basis=None,
        rotation=np.eye(k),
        s=(s / unit).astype(op.dtype),
        V=np.ascontiguousarray(V, dtype=op.dtype),
        variance=np.where(s > 0, 1.0 / op.shape[0], 0.0),
        residuals=certificate.residuals / np.maximum(s, least) / unit,
        error_bound=bound / unit,
        n_passes=n_passes,
        method="gram",
        n_threads=op.n_threads,
    )


def _by_projection(
    op: Operator, certificate: Certificate, V: Array, n_passes: int, *, want_U: bool
) -> Decomposition:
    """Return triplets of M·V, which another pass makes."""
    theta = certificate.values
    narrow = 8 * float(np.finfo(op.dtype).eps) * np.sqrt(theta[0] * theta)
    certificate = replace(certificate, noise=certificate.noise + narrow)
    K = np.ascontiguousarray(V, dtype=op.dtype)
    found = Projection(K, None, certificate, n_passes + 1, "gram", converged=True)
    return rayleigh_ritz(found, op, len(theta), want_U=want_U)


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
        left_basis=op.rows.state_from_array(np.ascontiguousarray(U[:, :k])),
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
