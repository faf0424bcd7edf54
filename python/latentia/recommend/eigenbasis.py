"""A basis of the factors in which the Gram matrix is diagonal.

If the factors of users and of items are multiplied by the same orthogonal matrix Q, all
scores and penalties stay, and so does the loss. With the eigenvectors of the Gram
matrix G for Q, conjugate gradients need no k² operations a step, and diag(G) + λI is
nearly the matrix of the normal equations. Preconditioned by it, that matrix has
eigenvalues between 1 and 1 + w₁/α₀, if w₁ is the largest weight of an event.
"""

from __future__ import annotations

import numpy as np

from latentia.recommend.als import Solver
from latentia.recommend.ids import Array

_LEAST_ROWS = 32
"""Rows for each factor: with fewer, the eigenvectors take longer than they save."""

_RATIOS, _STEPS = (2, 32), (2, 3)
"""Up to these w₁/α₀ so many steps lower the loss at least as much as 3 without; up to
2 they nearly solve the equations. For larger weights of events G tells too little."""


def solver_in_eigenbasis(
    solver: Solver, k: int, n_rows: int, weights: Array, unobserved_weight: float
) -> Solver | None:
    """Return conjugate gradients with fewer steps, or None if the basis is to stay.

    ``n_rows`` is the number of users and items, and ``weights`` are those of events.
    """
    if solver.name == "cg" and k > 1 and n_rows >= _LEAST_ROWS * k:
        for ratio, n in zip(_RATIOS, _STEPS, strict=True):
            if 0 < weights.max(initial=0) <= ratio * unobserved_weight:
                return solver._replace(n=n)
    return None


def eigenbasis(G: Array) -> tuple[Array, Array]:
    """Return the eigenvalues of G as one row, the largest first, and Q in float64."""
    eigenvalues, Q = np.linalg.eigh(G.astype(np.float64))
    diagonal = eigenvalues[None, ::-1].clip(0).astype(G.dtype)
    return diagonal, np.ascontiguousarray(Q[:, ::-1])
