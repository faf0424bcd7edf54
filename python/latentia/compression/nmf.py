"""Non-negative factors by NMF: images as sums of parts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from latentia._interrupt import ctrl_c_ends_all
from latentia.compression.factors import (
    Factors,
    as_factors,
    coarsest,
    round_components,
    round_coordinates,
)
from latentia.decomposition import NMF

Array = NDArray[Any]

_MOST_PARTS = 128
_MOST_ITERATIONS = 100

# Share of the squared error for the factorisation; the rest is for rounding.
_SHARE = 0.85


def nmf_factors(
    A: Array, error: float, seed: int, measure: Callable[[Factors], float]
) -> Factors | None:
    """Return factors of rows A (m, n) of the smallest rank found for the error.

    Raises
    ------
    ValueError
        If no rank reaches the error.
    """
    norm = float(np.linalg.norm(A))
    W, H, reached = _lowest_rank(A, norm, error, seed)
    sizes = np.linalg.norm(H, axis=1)
    used = (sizes > 0) & W.any(axis=0)
    W, H = W[:, used] * sizes[used], H[used] / sizes[used, np.newaxis]
    lengths = np.sqrt(np.einsum("ij,ij->j", W, W, dtype=float))

    def rounded(square: float) -> Factors | None:
        # Rounding a number costs about Δ²/12, and there are two factors.
        left = max(square - reached**2, 0.05 * square) * norm**2
        step = float(np.sqrt(6 * left / W.size))
        V, exponents = round_components(H, lengths, step)
        return as_factors(round_coordinates(W, step), V, exponents, step)

    return coarsest(error, rounded, measure)


def _lowest_rank(
    A: Array, norm: float, error: float, seed: int
) -> tuple[Array, Array, float]:
    """Double the rank until the error is reached, then bisect; return W, H, the error.

    The error of a fit almost never increases with the rank.
    """
    most, wanted = min(*A.shape, _MOST_PARTS), np.sqrt(_SHARE) * error
    too_few, rank = 0, 1
    found = _fit(A, norm, rank, seed)
    while found[2] > wanted:
        if rank == most:
            raise ValueError(
                f"error must be larger with method='nmf', got {error:g}: {most} "
                f"components reach {found[2]:.3g}, and {wanted:.3g} is needed before "
                "rounding; use a larger error, or method='svd'"
            )
        too_few, rank = rank, min(2 * rank, most)
        found = _fit(A, norm, rank, seed)
    while rank - too_few > 1:
        middle = (too_few + rank) // 2
        trial = _fit(A, norm, middle, seed)
        if trial[2] <= wanted:
            rank, found = middle, trial
        else:
            too_few = middle
    return found


def _fit(A: Array, norm: float, rank: int, seed: int) -> tuple[Array, Array, float]:
    model = NMF(rank, init="nndsvda", max_iter=_MOST_ITERATIONS, random_state=seed)
    with warnings.catch_warnings(), ctrl_c_ends_all():
        # How far a fit came is measured, whether it converged or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        W = model.fit_transform(A)
    return W, model.components_, model.reconstruction_err_ / norm
