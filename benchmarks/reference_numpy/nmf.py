"""Non-negative matrix factorisation ``A ≈ W H`` by textbook updates.

Symbols: ``A`` (m × n), ``W`` (m × k) and ``H`` (k × n), all without negative entries;
``known`` (m × n) tells which entries of ``A`` count, all by default; ``β`` names the
divergence: 2 half the squared Frobenius norm, 1 Kullback–Leibler, 0 Itakura–Saito.

An update is written for ``W``. That of ``H`` is the same of ``Aᵀ ≈ Hᵀ Wᵀ``.

References
----------
Lee & Seung (2001), "Algorithms for non-negative matrix factorization", NIPS 13.

Févotte & Idier (2011), "Algorithms for nonnegative matrix factorization with the
β-divergence", Neural Computation 23(9), arXiv:1010.1763.

Cichocki & Phan (2009), "Fast local algorithms for large scale nonnegative matrix and
tensor factorizations", IEICE Transactions E92-A(3).

Gillis & Glineur (2012), "Accelerated multiplicative updates and hierarchical ALS
algorithms for nonnegative matrix factorization", Neural Computation 24(4),
arXiv:1107.5194.
"""

from typing import NamedTuple

import numpy as np

from latentia.benchmarks.reference_numpy.beta_divergence import FLOOR, Known
from latentia.benchmarks.reference_numpy.svd import FloatArray

# Below this it sets factors to zero, where β ≤ 1.
_NEGLIGIBLE = np.finfo(np.float64).eps


class Factors(NamedTuple):
    """``W`` (m × k) and ``H`` (k × n)."""

    W: FloatArray
    H: FloatArray


class Penalty(NamedTuple):
    """Adds ``l1 ‖X‖₁ + l2 ‖X‖² / 2`` to the divergence, ``X`` being a factor."""

    l1: float = 0.0
    l2: float = 0.0


_NONE = Penalty()


def multiplicative_nmf(
    A: FloatArray,
    W: FloatArray,
    H: FloatArray,
    *,
    n_iter: int,
    beta: float = 2.0,
    known: Known = None,
    penalty_W: Penalty = _NONE,
    penalty_H: Penalty = _NONE,
) -> Factors:
    """Run ``n_iter`` iterations of :func:`multiplicative_update`, ``W`` before ``H``.

    ``A`` may be NaN where it is not known. All is computed in the type of ``A``.
    """
    A = _zero_where_unknown(A, known)
    known_T = None if known is None else known.T
    for _ in range(n_iter):
        W = multiplicative_update(A, W, H, beta, known, penalty_W)
        if beta < 1:
            W = np.where(W < _NEGLIGIBLE, 0, W)
        H = multiplicative_update(A.T, H.T, W.T, beta, known_T, penalty_H).T
        if beta <= 1:
            H = np.where(H < _NEGLIGIBLE, 0, H)
    return Factors(W, H)


def multiplicative_update(
    A: FloatArray,
    W: FloatArray,
    H: FloatArray,
    beta: float,
    known: Known = None,
    penalty: Penalty = _NONE,
) -> FloatArray:
    """Multiply ``W`` by the negative over the positive part of the gradient.

    ``W ∘ ([(A ∘ WH^(β−2)) Hᵀ] / [WH^(β−1) Hᵀ + l1 + l2 W]) ^ γ``

    ``A`` is 0 where it is not known. The result is a new ``W``.
    """
    if beta == 2 and known is None:  # WH is never formed
        numerator, denominator = A @ H.T, W @ (H @ H.T)
    else:
        WH = W @ H
        ratio = A if beta == 2 else A * _power(WH, beta - 2)
        weight = WH if beta == 2 else _power(WH, beta - 1)
        numerator = ratio @ H.T
        denominator = _zero_where_unknown(weight, known) @ H.T
    denominator = denominator + penalty.l1 + penalty.l2 * W
    denominator[denominator == 0] = FLOOR
    updated: FloatArray = W * (numerator / denominator) ** _gamma(beta)
    return updated


def hals_nmf(
    A: FloatArray,
    W: FloatArray,
    H: FloatArray,
    *,
    n_iter: int,
    known: Known = None,
) -> Factors:
    """Run ``n_iter`` iterations of coordinate descent, ``W`` before ``H``.

    The rest is as for :func:`multiplicative_nmf`, without penalties.
    """
    A = _zero_where_unknown(A, known)
    known_T = None if known is None else known.T
    for _ in range(n_iter):
        W = hals_update(W, *normal_equations(A, H, known))
        H = hals_update(H.T, *normal_equations(A.T, W.T, known_T)).T
    return Factors(W, H)


def normal_equations(
    A: FloatArray, H: FloatArray, known: Known = None
) -> tuple[FloatArray, FloatArray]:
    """Return ``P`` and ``G`` such that the best row of ``W`` is ``G_i w_i = p_i``.

    ``P = A Hᵀ`` (m, k), where ``A`` is 0 if it is not known. ``G_i = Σ h_j h_jᵀ`` over
    what is known of row i: (m, k, k), or (1, k, k), one for all rows, if all is.
    """
    if known is None:
        return A @ H.T, (H @ H.T)[np.newaxis]
    return A @ H.T, np.einsum(
        "ij,kj,lj->ikl", known.astype(A.dtype), H, H, optimize=True
    )


def hals_update(W: FloatArray, P: FloatArray, G: FloatArray) -> FloatArray:
    """Set a component of ``W`` after the other to where its gradient is zero.

    ``w_t ← max(0, w_t − (W g_t − p_t) / g_tt)``

    The result is a new ``W``; entries whose divisor is zero are as they were.
    """
    W = W.copy()
    for t in range(W.shape[1]):
        gradient = (W * G[:, t]).sum(axis=1) - P[:, t]
        curvature = np.broadcast_to(G[:, t, t], len(W))
        curved = curvature > 0
        step = gradient[curved] / curvature[curved]
        W[curved, t] = np.maximum(W[curved, t] - step, 0)
    return W


def _gamma(beta: float) -> float:
    """Févotte & Idier's exponent, with which the divergence never rises."""
    if beta < 1:
        return 1 / (2 - beta)
    return 1 / (beta - 1) if beta > 2 else 1.0


def _power(WH: FloatArray, exponent: float) -> FloatArray:
    powered: FloatArray = (np.maximum(WH, FLOOR) if exponent < 0 else WH) ** exponent
    return powered


def _zero_where_unknown(A: FloatArray, known: Known) -> FloatArray:
    return A if known is None else np.where(known, A, 0)
