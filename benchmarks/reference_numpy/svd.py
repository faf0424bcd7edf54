"""The factorisations: subspace iteration, block Krylov.

Symbols: ``A`` (m × n) dense or SciPy sparse, ``k`` the rank wanted, ``b`` a block's
width, ``c`` (n,) a row subtracted from every row of ``A`` without forming ``A − 1 cᵀ``.

References
----------
Halko, Martinsson & Tropp (2011), "Finding structure with randomness", SIAM Review
53(2), arXiv:0909.4061. Algorithms 4.4 (subspace iteration) and 5.1 (the SVD from it).

Musco & Musco (2015), "Randomized block Krylov methods for stronger and faster
approximate singular value decomposition", NeurIPS, arXiv:1504.05477. Algorithm 2.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FloatArray: TypeAlias = NDArray[np.floating[Any]]
# A string, as older SciPy has no generic classes at run time.
Matrix: TypeAlias = (
    "NDArray[Any] | sparse.csr_array[Any, tuple[int, int]] | sparse.csr_matrix[Any]"
)
SVD: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]


def randomized_svd(
    A: Matrix, k: int, *, n_iter: int = 7, n_oversamples: int = 10, seed: int = 0
) -> SVD:
    """Rank-``k`` SVD by subspace iteration on ``k + n_oversamples`` random vectors.

    ``range(Q) = range((A Aᵀ)^n_iter A Ω)`` with Gaussian ``Ω``; every product is
    orthonormalised by QR, so that the small singular values are not rounded away.
    ``A`` is read ``2 n_iter + 2`` times.

    Returned are ``U`` (m × k), ``s`` (k,) descending and ``Vt`` (k × n).
    """
    Q = _orthonormal(_product(A, _gaussian(A, k + n_oversamples, seed)))
    for _ in range(n_iter):
        Q = _orthonormal(_transposed_product(A, Q))
        Q = _orthonormal(_product(A, Q))
    B = _transposed_product(A, Q).T
    U_small, s, Vt = np.linalg.svd(B, full_matrices=False)
    return _fix_signs(Q @ U_small[:, :k], s[:k], Vt[:k])


def block_krylov_svd(
    A: Matrix,
    k: int,
    *,
    n_passes: int,
    block: int,
    seed: int = 0,
    center: FloatArray | None = None,
) -> SVD:
    """Rank-``k`` SVD from a block Krylov space, kept whole.

    With ``X₀ = qr(Ω)`` and ``Xᵢ = qr(AᵀA Xᵢ₋₁)``, the basis is
    ``Q = qr([X₀ X₁ … X_p])`` and the answer is the best that ``range(Q)`` holds, the
    Rayleigh–Ritz projection: ``A Q = U S Wᵀ``, hence ``A ≈ U S (Q W)ᵀ``.

    The blocks are not orthogonalised against each other before the one QR at the end:
    in float64 that costs nothing that can be seen, in float32 the residual above the
    best stops falling at about 1e-7.

    With a ``center`` it factorises ``A − 1 centerᵀ``, as PCA does with the column
    means. The basis of ``block (p + 1)`` columns must hold ``k``; ``p`` is
    ``n_passes``. Returned is the same as by :func:`randomized_svd`.
    """
    X = _orthonormal(_gaussian(A, block, seed))
    blocks = [X]
    for _ in range(n_passes):
        X = _orthonormal(_transposed_product(A, _product(A, X, center), center))
        blocks.append(X)
    Q = _orthonormal(np.hstack(blocks))
    Y, R = np.linalg.qr(_product(A, Q, center))
    U_small, s, Wt = np.linalg.svd(R, full_matrices=False)
    return _fix_signs(Y @ U_small[:, :k], s[:k], Wt[:k] @ Q.T)


def _product(A: Matrix, X: FloatArray, center: FloatArray | None = None) -> FloatArray:
    """Return ``(A − 1 cᵀ) X = A X − 1 (cᵀX)``."""
    Y: FloatArray = A @ X
    return Y if center is None else Y - center @ X


def _transposed_product(
    A: Matrix, Y: FloatArray, center: FloatArray | None = None
) -> FloatArray:
    """Return ``(A − 1 cᵀ)ᵀ Y = AᵀY − c (1ᵀY)``."""
    Z: FloatArray = A.T @ Y
    return Z if center is None else Z - np.outer(center, Y.sum(axis=0))


def _orthonormal(X: FloatArray) -> FloatArray:
    return np.linalg.qr(X).Q


def _gaussian(A: Matrix, n_columns: int, seed: int) -> FloatArray:
    dtype = np.result_type(A.dtype, np.float32)
    rng = np.random.default_rng(seed)
    return rng.standard_normal((A.shape[1], n_columns)).astype(dtype)


def _fix_signs(U: FloatArray, s: FloatArray, Vt: FloatArray) -> SVD:
    """Make the largest entry of each column of ``U`` positive."""
    row = np.abs(U).argmax(axis=0)
    signs = np.copysign(1, U[row, np.arange(row.size)])
    return U * signs, s, Vt * signs[:, np.newaxis]
