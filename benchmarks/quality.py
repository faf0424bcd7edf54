"""How good a factorisation is, in float64 and without a float64 copy of a dense matrix.

Symbols: ``A`` (m × n), ``U`` (m × k), ``s`` (k,), ``Vt`` (k × n), ``A_k`` the best
approximation of rank ``k``; with a ``center`` ``c``, ``A`` stands for ``A − 1 cᵀ``.
``W`` (m × k) and ``H`` (k × n) are the factors of an NMF.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds

from latentia.benchmarks.reference_numpy import FloatArray, Matrix, divergence

Float64Array: TypeAlias = NDArray[np.float64]
Loss: TypeAlias = Literal["frobenius", "kullback-leibler"]

_BETA = {"frobenius": 2.0, "kullback-leibler": 1.0}

_BLOCK_ELEMENTS = 2**21  # 16 MiB in float64


def residual_above_best(
    A: Matrix,
    U: FloatArray,
    s: FloatArray,
    Vt: FloatArray,
    optimal: float,
    *,
    center: FloatArray | None = None,
) -> float:
    """How far the residual lies above the best of that rank: 0 is perfect.

    ``‖A − U diag(s) Vᵀ‖_F / ‖A − A_k‖_F − 1``. That assumes nothing about the factors:
    if they are not orthonormal, or not those of ``A``, it shows. For a sparse ``A`` the
    first norm comes from ``‖A‖² − 2 tr(Uᵀ A V diag(s)) + ‖U diag(s) Vᵀ‖²``, whose
    subtraction leaves an error of about ``1e-16 ‖A‖² / ‖A − A_k‖²``.
    ``optimal`` is ``‖A − A_k‖_F`` from :func:`optimal_residual`, and above 0.
    """
    c = _float64_center(A, center)
    V, US = Vt.T.astype(np.float64), U.astype(np.float64) * s.astype(np.float64)
    if isinstance(A, np.ndarray):
        squared = 0.0
        for rows, block in _row_blocks(A):
            difference = block - c - US[rows] @ V.T
            squared += float(np.vdot(difference, difference))
        return float(np.sqrt(squared)) / optimal - 1
    cross = float(np.vdot(sparse.csr_array(A) @ V - c @ V, US))
    approximation = float(np.vdot(US.T @ US, V.T @ V))
    squared = _squared_norm(A, c) - 2 * cross + approximation
    return float(np.sqrt(max(squared, 0.0))) / optimal - 1


def optimal_residual(A: Matrix, k: int, *, center: FloatArray | None = None) -> float:
    """Return ``‖A − A_k‖_F``, the least error an approximation of rank ``k`` can have.

    Dense: from the singular values of ``R`` of a QR decomposition, block by block; so
    small ones keep their digits where others are very large. Sparse: ``‖A‖² − Σ σᵢ²``
    with the ``k`` largest singular values to full accuracy from ARPACK.
    """
    c = _float64_center(A, center)
    if isinstance(A, np.ndarray):
        squared = float((_singular_values(A, c)[k:] ** 2).sum())
    else:
        s = _largest_singular_values(A, k, c)
        squared = _squared_norm(A, c) - float(s @ s)
    return float(np.sqrt(max(squared, 0.0)))


def orthonormality(Q: FloatArray) -> float:
    """Return the largest entry of ``|QᵀQ − I|``: 0 if the columns are orthonormal."""
    gram = np.zeros((Q.shape[1], Q.shape[1]))
    for _, block in _row_blocks(Q):
        gram += block.T @ block
    return float(np.abs(gram - np.eye(Q.shape[1])).max())


def column_means(A: Matrix) -> Float64Array:
    """Mean of each column, summed in float64: the ``center`` that PCA takes."""
    total: Float64Array = np.zeros(A.shape[1])
    # Not A.mean(dtype=float64): SciPy's, of a sparse matrix, sums in A's own type.
    for _, block in _row_blocks(A):
        total += block.sum(axis=0)
    total /= A.shape[0]
    return total


def objective(
    A: Matrix, W: FloatArray, H: FloatArray, loss: Loss, *, observed_only: bool = False
) -> float:
    """Return the divergence of ``W H`` from ``A``, without ever the whole of ``W H``.

    It is that of :func:`latentia.benchmarks.reference_numpy.divergence`, over all
    entries, or with ``observed_only`` over those that a sparse matrix stores. A sparse
    one stores no zeros.
    """
    W, H = (factor.astype(np.float64) for factor in (W, H))
    if isinstance(A, np.ndarray):
        return sum(
            divergence(A[rows], W[rows], H, _BETA[loss]) for rows in _slices(*A.shape)
        )
    a, y = A.data.astype(np.float64), _at_stored(A, W, H)
    if loss == "frobenius":
        # Σ y² over all entries is tr(WᵀW HHᵀ)
        stored = float(((a - y) ** 2).sum()) / 2
        rest = float(np.vdot(W.T @ W, H @ H.T) - np.vdot(y, y)) / 2
    else:
        # Σ y over all entries is the product of the sums
        stored = float((a * np.log(a / y) - a + y).sum())
        rest = float(W.sum(axis=0) @ H.sum(axis=1) - y.sum())
    return stored if observed_only else stored + rest


def _at_stored(A: Any, W: FloatArray, H: FloatArray) -> Float64Array:
    """Return the entries of ``W H`` that a sparse ``A`` stores, in its order."""
    i, j = sparse.coo_array(A).coords
    y, Ht = np.empty(len(i)), np.ascontiguousarray(H.T)
    for some in _slices(len(i), W.shape[1]):
        y[some] = np.einsum("ek,ek->e", W[i[some]], Ht[j[some]])
    return y


def _row_blocks(A: Matrix) -> Iterator[tuple[slice, Any]]:
    """Row slices of ``A`` and the rows in float64; a sparse ``A`` is one block."""
    if not isinstance(A, np.ndarray):
        yield slice(None), sparse.csr_array(A).astype(np.float64)
        return
    for rows in _slices(*A.shape):
        yield rows, A[rows].astype(np.float64)


def _slices(length: int, width: int) -> Iterator[slice]:
    step = max(_BLOCK_ELEMENTS // width, 1)
    for start in range(0, length, step):
        yield slice(start, start + step)


def _float64_center(A: Matrix, center: FloatArray | None) -> Float64Array:
    if center is None:
        return np.zeros(A.shape[1])
    return center.astype(np.float64)


def _squared_norm(A: Matrix, c: Float64Array) -> float:
    """Return ``‖A − 1 cᵀ‖² = ‖A‖² − 2 (1ᵀA) c + m ‖c‖²``."""
    total: float = A.shape[0] * float(c @ c)
    for _, block in _row_blocks(A):
        values = block if isinstance(block, np.ndarray) else block.data
        total += float(np.vdot(values, values)) - 2 * float(block.sum(axis=0) @ c)
    return total


def _singular_values(A: NDArray[Any], c: Float64Array) -> Float64Array:
    if A.shape[0] < A.shape[1]:
        A, c = A.T, c[:, np.newaxis]
    R: Any = np.empty((0, A.shape[1]))
    for rows in _slices(*A.shape):
        centre = c if c.ndim == 1 else c[rows]
        R = np.linalg.qr(np.vstack([R, A[rows].astype(np.float64) - centre]), mode="r")
    return np.linalg.svd(R, compute_uv=False).astype(np.float64)


def _largest_singular_values(A: Matrix, k: int, c: Float64Array) -> Float64Array:
    B = sparse.csr_array(A).astype(np.float64)
    centered = LinearOperator(
        B.shape,
        matvec=lambda x: B @ x - c @ x,
        rmatvec=lambda y: B.T @ y.ravel() - c * y.sum(),
        dtype=np.float64,
    )
    start = np.random.default_rng(0).standard_normal(min(B.shape))
    _, s, _ = svds(centered, k, v0=start)
    return s.astype(np.float64)
