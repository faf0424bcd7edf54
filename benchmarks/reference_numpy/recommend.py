"""Recommenders: implicit ALS a user at a time, EASE, lists and metrics.

Symbols: ``C`` (m × n, CSR) confidences, ``U`` (m × k) and ``V`` (n × k) factors, α₀ the
weight of all scores, e what a seen pair's confidence has in addition, and λ a ridge for
each row. The loss is

    Σ_seen [(c + e)(1 − s)² − e s²] + α₀ Σ_all s² + Σ_u λ_u ‖x_u‖² + Σ_i λ_i ‖y_i‖²,

with s = x·y: that of Rendle et al. (2022, arXiv:2110.14037) with e = 0, and that of Hu
et al. (2008, ICDM) with e = α₀.
"""

from typing import Any, TypeAlias

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from latentia.benchmarks.reference_numpy.svd import FloatArray

Lists: TypeAlias = NDArray[np.int64]

_USERS_AT_ONCE = 1000


def implicit_als_half(
    C: Any, V: FloatArray, *, weight: float, extra: float, ridge: FloatArray
) -> FloatArray:
    """Return ``U``: (α₀ VᵀV + Σ c y yᵀ + λ_u I) x = Σ (c + e) y for each row of C."""
    G = weight * (V.T @ V)
    U = np.zeros((C.shape[0], V.shape[1]), dtype=V.dtype)
    for row in range(C.shape[0]):
        stored = slice(C.indptr[row], C.indptr[row + 1])
        Y, c = V[C.indices[stored]], C.data[stored]
        if len(c):
            H = G + (Y.T * c) @ Y
            H[np.diag_indices_from(H)] += ridge[row]
            U[row] = scipy.linalg.solve(H, Y.T @ (c + extra), assume_a="pos")
    return U


def implicit_objective(
    C: Any,
    U: FloatArray,
    V: FloatArray,
    *,
    weight: float,
    extra: float,
    ridges: tuple[FloatArray, FloatArray],
) -> float:
    """Return the loss in float64."""
    U, V = U.astype(np.float64), V.astype(np.float64)
    loss = weight * float(np.vdot(U.T @ U, V.T @ V))
    for begin in range(0, C.shape[0], _USERS_AT_ONCE):
        rows = C[begin : begin + _USERS_AT_ONCE].tocoo()
        s = np.einsum("ek,ek->e", U[begin + rows.row], V[rows.col])
        c = rows.data.astype(np.float64)
        loss += float(((c + extra) * (1 - s) ** 2 - extra * s**2).sum())
    for factor, ridge in zip((U, V), ridges, strict=True):
        loss += float(ridge @ np.einsum("ik,ik->i", factor, factor))
    return loss


def ease(X: Any, regularization: float) -> FloatArray:
    """Return ``B = I − P·diag(P)⁻¹`` with ``P = (XᵀX + λI)⁻¹`` (Steck, WWW 2019)."""
    G = (X.T @ X).toarray().astype(np.float64)
    G[np.diag_indices_from(G)] += regularization
    P = scipy.linalg.inv(G, overwrite_a=True, check_finite=False)
    B: FloatArray = -P / np.diag(P)
    B[np.diag_indices_from(B)] = 0
    return B


def top_items(U: FloatArray, V: FloatArray, seen: Any, n: int) -> Lists:
    """Return the n items of each user with the largest scores that are not seen."""
    lists = np.empty((len(U), n), dtype=np.int64)
    for begin in range(0, len(U), _USERS_AT_ONCE):
        rows = slice(begin, begin + _USERS_AT_ONCE)
        scores = U[rows] @ V.T
        scores[seen[rows].nonzero()] = -np.inf
        some = np.argpartition(-scores, n - 1, axis=1)[:, :n]
        order = np.argsort(-np.take_along_axis(scores, some, 1), axis=1)
        lists[rows] = np.take_along_axis(some, order, 1)
    return lists


def ndcg(lists: Lists, relevant: Any) -> float:
    """Return the mean over users with relevant items of NDCG at the lists' length."""
    gains = 1 / np.log2(np.arange(lists.shape[1]) + 2)
    best = np.concatenate([[0.0], np.cumsum(gains)])
    found = []
    for row, items in enumerate(lists):
        stored = slice(relevant.indptr[row], relevant.indptr[row + 1])
        liked = relevant.indices[stored]
        if len(liked):
            hits = np.isin(items, liked)
            found.append(float(gains @ hits) / best[min(len(liked), len(items))])
    return float(np.mean(found))
