"""½Σ(w·h)² over the entries that sparse rows do not store.

It is ½Σ_j h_jᵀ·WᵀW·h_j over all entries minus the stored ones. One column or row of
large numbers, such as ids, would cancel the digits of all others. So it is computed in
float64 and column by column, and columns that still cancel are summed entry by entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import Csr, RowSource, RowState, single_threaded
from latentia.rows.backend import to_numpy

Array = NDArray[Any]

_TILE = 1 << 15
_CANCELS = 1e-9
"""Share of a column's sum. A larger difference keeps seven digits."""

_MOST_ENTRIES = 1 << 26
"""Most entries that are summed one by one; columns with the largest sums go first."""


@dataclass(frozen=True)
class _Sums:
    """For each column its stored entries and Σ(w·h)² over them; WᵀW (k × k)."""

    count: Array
    stored: Array
    gram: Array

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.count + other.count,
            self.stored + other.stored,
            self.gram + other.gram,
        )


def unstored_squares(rows: RowSource, W: RowState, Ht: Array) -> float:
    """Return ½Σ(w·h)² over the entries that sparse rows do not store."""
    H = Ht.astype(np.float64)
    found = rows.reduce_with(partial(_sums, H=H), W)
    every = np.einsum("jk,kl,jl->j", H, found.gram, H, optimize=True)
    partly = found.count < rows.shape[0]  # else no entry is unstored
    rest = np.where(partly, every - found.stored, 0.0)
    cancels = np.flatnonzero(partly & (every > 0) & (rest <= _CANCELS * every))
    at_most = max(1, _MOST_ENTRIES // rows.shape[0])
    largest = cancels[np.argsort(-every[cancels], kind="stable")][:at_most]
    if len(largest):
        one_by_one = partial(_one_by_one, H=H, columns=largest)
        rest[largest] = rows.reduce_with(one_by_one, W)
    return float(np.maximum(rest, 0.0).sum()) / 2


@single_threaded
def _sums(block: Csr, W: Array, *, H: Array) -> _Sums:
    block, W = to_numpy(block), to_numpy(W)
    start, columns, n = block.indptr, block.indices, block.n_columns
    owner = np.repeat(np.arange(len(W)), np.diff(start))
    squares = np.zeros(n)
    for some in _slices(len(owner)):
        q = np.einsum("ik,ik->i", W[owner[some]].astype(np.float64), H[columns[some]])
        squares += np.bincount(columns[some], q * q, minlength=n)
    gram = np.zeros((W.shape[1],) * 2)
    for some in _slices(len(W)):
        tile = W[some].astype(np.float64)
        gram += tile.T @ tile
    return _Sums(np.bincount(columns, minlength=n), squares, gram)


@single_threaded
def _one_by_one(block: Csr, W: Array, *, H: Array, columns: Array) -> Array:
    """Σ(w·h)² over the unstored entries of these columns."""
    block, W = to_numpy(block), to_numpy(W)
    start, stored = block.indptr, block.indices
    place = np.full(block.n_columns, -1)
    place[columns] = np.arange(len(columns))
    squares, tile = np.zeros(len(columns)), max(1, _TILE // len(columns))
    for begin in range(0, len(W), tile):
        end = min(begin + tile, len(W))
        Q = W[begin:end].astype(np.float64) @ H[columns].T
        of = place[stored[start[begin] : start[end]]]
        owner = np.repeat(np.arange(end - begin), np.diff(start[begin : end + 1]))
        Q[owner[of >= 0], of[of >= 0]] = 0
        squares += np.square(Q).sum(axis=0)
    return squares


def _slices(length: int) -> Iterator[slice]:
    for begin in range(0, length, _TILE):
        yield slice(begin, begin + _TILE)
