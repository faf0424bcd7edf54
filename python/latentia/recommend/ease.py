"""EASE: the linear model of items that predicts each item from the others."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy.linalg import LinAlgError
from scipy.linalg.lapack import dpotrf, dpotri
from threadpoolctl import threadpool_limits

from latentia._arguments import check_real
from latentia._native import kernels
from latentia._room import check_bytes
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.recommend.score_model import ScoreRecommender
from latentia.rows.to_memory import csr_block

_MOST_AT_ONCE = 10_240
"""Rows that LAPACK decomposes at once: with 20,000 and two threads, SciPy's OpenBLAS
writes beyond the buffer of a thread (384 numbers for each of its rows)."""


class EASE(ScoreRecommender):
    """Embarrassingly shallow autoencoder: scores are X·B with a zero diagonal of B.

    Parameters
    ----------
    regularization : float, default=200.0
        λ, above 0. Larger where there are more users: 500 for 20 million events.
    n_threads : int, optional
        Upper limit of threads; see ``latentia.n_threads``.

    Attributes
    ----------
    weights_ : ndarray of shape (n_items, n_items)
        B, of the type of the matrix.
    interactions_ : Interactions
        What it was fitted on.
    item_counts_ : ndarray of shape (n_items,), int64
        Number of users of each item.
    n_features_in_ : int
        Number of items.

    Raises
    ------
    MemoryError
        By ``fit``, if there is no memory for it.
    ValueError
        By ``fit``, if the values of X are too large.

    Notes
    -----
    B minimises ‖X − X·B‖² + λ‖B‖² with diag(B) = 0. With P = (XᵀX + λI)⁻¹,

        B = I − P·diag(P)⁻¹.

    A fit needs 12·n_items² bytes in float32 (1.2 GB for 10,000 items), 16·n_items² in
    float64, or 8·n_items² + 16·n_events if that is more, and n_items³ multiply-adds.
    The model keeps n_items² numbers. The Cholesky decomposition is LAPACK's: the last
    bits of B can depend on the number of threads.

    References
    ----------
    H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import EASE
    >>> data = make_interactions(200, 50, 2000, random_state=0)
    >>> ease = EASE(regularization=50).fit(data.matrix)
    >>> lists = ease.recommend([0, 1], n=5)  # a data frame if pandas is installed
    >>> [int(rank) for rank in lists["rank"]]
    [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]
    """

    _tensors: ClassVar[dict[str, str]] = {"weights_": "ii"}

    weights_: Array

    def __init__(
        self, regularization: float = 200.0, *, n_threads: int | None = None
    ) -> None:
        self.regularization = regularization
        self.n_threads = n_threads

    def _fit(self, data: Interactions, n_threads: int) -> dict[str, Any]:
        regularization = check_real(self.regularization, "regularization", above=0)
        n_items = data.shape[1]
        # G and B; or G and products of its halves; or G and what sorts the events
        gram_bytes = np.dtype(np.float64).itemsize * n_items**2
        others = max(data.dtype.itemsize * n_items**2, 16 * data.n_stored)
        check_bytes(
            gram_bytes + others,
            f"the weights of EASE for {n_items:,} items",
            "leave out rare items, or use ItemKNN or ImplicitALS",
        )
        G = kernels.gram(csr_block(data.matrix), None, n_threads)
        G[np.diag_indices(n_items)] += regularization
        try:
            with threadpool_limits(limits=n_threads, user_api="blas"):
                _invert(G, n_threads)
        except LinAlgError as error:
            raise LinAlgError(
                f"XᵀX + {regularization:g}·I is not positive definite in float64: "
                "choose a larger regularization, or scale X"
            ) from error
        weights = _weights(G, data.dtype)
        if not np.isfinite(weights).all():
            raise ValueError("the values of X are too large for EASE: scale them")
        return {"weights_": weights}

    def _users_at_once(self, n_items: int, itemsize: int) -> int:
        # The product copies B once for each block of users: a few percent of its work.
        return max(super()._users_at_once(n_items, itemsize), n_items // 4)

    def _scores(self, matrix: Any, n_threads: int) -> Array:
        scores = np.empty(matrix.shape, dtype=matrix.dtype)
        kernels.product(csr_block(matrix), None, self.weights_, scores, n_threads)
        return scores


def _invert(G: Array, n_threads: int) -> None:
    """Replace a positive definite matrix (C order) by its inverse.

    A large one by halves, with the Schur complement S of the first:

        [A Bᵀ]⁻¹   [A⁻¹ + WᵀS⁻¹W   −WᵀS⁻¹]
        [B  D]   = [    −S⁻¹W         S⁻¹],   W = B·A⁻¹,   S = D − W·Bᵀ.
    """
    n = len(G)
    if n <= _MOST_AT_ONCE:
        # The transpose is Fortran-ordered; its upper triangle is the lower one of G.
        factor, info = dpotrf(G.T, lower=0, overwrite_a=1, clean=0)
        if info == 0:
            factor, info = dpotri(factor, lower=0, overwrite_c=1)
        if info != 0:
            raise LinAlgError("not positive definite")
        kernels.mirror_lower_triangle(factor.T, n_threads)
        if not np.shares_memory(factor, G):  # LAPACK got a copy of a part
            G[:] = factor.T
        return
    half = n // 2
    A, B, D = G[:half, :half], G[half:, :half], G[half:, half:]
    _invert(A, n_threads)
    W = B @ A
    D -= W @ B.T
    _invert(D, n_threads)
    np.matmul(D, W, out=B)
    np.negative(B, out=B)
    A -= W.T @ B
    G[:half, half:] = B.T


def _weights(P: Array, dtype: np.dtype[Any]) -> Array:
    """Return −P / diag(P), with a zero diagonal."""
    divisor = -np.diagonal(P)
    B = np.empty(P.shape, dtype=dtype)
    step = 64  # rows: what is converted stays in a cache
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for i in range(0, len(P), step):
            B[i : i + step] = P[i : i + step] / divisor
    B[np.diag_indices(len(B))] = 0
    return B
