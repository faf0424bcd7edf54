"""Factors from singular vectors: of each pair the larger of its non-negative parts.

References
----------
C. Boutsidis and E. Gallopoulos, "SVD based initialization: a head start for
nonnegative matrix factorization", Pattern Recognition 41 (2008).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.svd import Decomposition
from latentia.rows import MemoryState, RowState, change_in_place, single_threaded

Array = NDArray[Any]

LEAST = 1e-6
"""What is less counts as zero, in parts of the largest √σ: the same for X in any unit,
and more than float32's rounding where u or v is zero."""

_TILE = 8192


def larger_parts(svd: Decomposition) -> tuple[RowState, Array]:
    """Return √(σ·s)·u in place of U, and √(σ·s)·v in place of V.

    u·σ·vᵀ is the larger of U₊V₊ᵀ and U₋V₋ᵀ, u and v of length 1. The first pair is
    non-negative but for the sign and rounding.
    """
    U, V = svd.U(), MemoryState(svd.V)
    lengths = np.sqrt([U.reduce(_squares), V.reduce(_squares)])  # (2, ±, k)
    sizes = lengths.prod(axis=0)
    negative = np.argmax(sizes, axis=0)
    scale = np.sqrt(svd.s.astype(np.float64) * sizes.max(axis=0))
    for factor, of_parts in zip((U, V), lengths, strict=True):
        length = np.maximum(np.where(negative, of_parts[1], of_parts[0]), LEAST)
        factors = np.where(negative, -scale, scale) / length
        keep = partial(_keep_parts, factors=factors, least=LEAST * float(scale.max()))
        change_in_place(factor, keep)
    return U, V.array


def fill_zeros(factor: RowState, value: float) -> None:
    """Write a number wherever there is zero."""
    change_in_place(factor, partial(_fill_zeros, value=value))


def fill_zeros_by_chance(factor: RowState, size: float, random: Any) -> None:
    """Write |N(0, 1)|·size wherever there is zero."""
    k = factor.shape[1]
    noise = factor.random_state_rows(partial(normal, n_columns=k, size=size), random, k)
    noise.update(_fill_zeros_from, factor)


def normal(random: Any, n_rows: int, *, n_columns: int, size: float) -> Array:
    """Draw |N(0, 1)|·size, row by row."""
    drawn: Array = np.abs(size * random.standard_normal(size=(n_rows, n_columns)))
    return drawn


@single_threaded
def _squares(U: Array) -> Array:
    """Return the sums of squares of the parts (2, k): positive, negative."""
    total = np.zeros((2, U.shape[1]))
    for begin in range(0, len(U), _TILE):
        tile = U[begin : begin + _TILE].astype(np.float64)
        tile[:, 0] = np.abs(tile[:, 0])
        positive = np.square(np.maximum(tile, 0)).sum(axis=0)
        total += positive, np.square(tile).sum(axis=0) - positive
    return np.maximum(total, 0.0)


def _keep_parts(U: Array, *, factors: Array, least: float) -> None:
    for begin in range(0, len(U), _TILE):
        tile = U[begin : begin + _TILE]
        tile[:, 0] = np.abs(tile[:, 0])
        tile *= factors.astype(U.dtype)
        tile[tile < least] = 0


def _fill_zeros(W: Array, *, value: float) -> None:
    W[W == 0] = value


@single_threaded
def _fill_zeros_from(noise: Array, W: Array) -> int:
    np.copyto(W, noise, where=W == 0)
    return 0
