"""β-divergences over the stored entries of CSR rows, W·H for these entries only.

Either other entries are missing; or they are zero and β = 1, where the divergence of a
zero is d(0, q) = q, and the sum of all q follows from sums of the columns of W and Ht.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from latentia.rows.torch.divergence_terms import Divergence, multiplied
from latentia.rows.torch.sparse import (
    TensorBlock,
    csr_product,
    csr_rows,
    rows_of_entries,
    transposed_of,
)
from latentia.rows.torch.tiles import sum_over_tiles


def entry_bytes(A: TensorBlock, k: int) -> int:
    """Return how many bytes the temporaries of a row's entries have, in the mean."""
    per_row = -(-len(A.data) // A.shape[0])
    return int(A.data.element_size() * (per_row + 1) * (3 * k + 8))


def products(tile: TensorBlock, w: Tensor, ht: Tensor) -> Tensor:
    """Return w·h of every stored entry."""
    return (w[rows_of_entries(tile)] * ht[tile.indices.long()]).sum(dim=1)


class StoredEntries:
    """CSR rows, and a divergence over what they store or over all entries."""

    def __init__(self, A: TensorBlock, d: Divergence, observed_only: bool) -> None:
        self._A, self._d, self._observed_only = A, d, observed_only

    def divergence(self, W: Tensor, ht: Tensor) -> Tensor:
        """Return D(A | W·H)."""

        def body(begin: int, end: int) -> list[Tensor]:
            tile = csr_rows(self._A, begin, end)
            return [self._value(tile, W[begin:end], ht)[0]]

        (value,) = sum_over_tiles(self._A, entry_bytes(self._A, ht.shape[1]), body)
        return value + self._of_all(W.sum(dim=0, dtype=torch.float64), ht)

    def update(self, W: Tensor, ht: Tensor, penalty: Any) -> Tensor:
        """Update W given Ht; return the divergence before."""
        column_sums = ht.sum(dim=0, keepdim=True)

        def body(begin: int, end: int) -> list[Tensor]:
            tile, w = csr_rows(self._A, begin, end), W[begin:end]
            value, u, v = self._value(tile, w, ht)
            before = w.sum(dim=0, dtype=torch.float64)
            denominator = column_sums
            if self._observed_only:
                denominator = self._times(tile, v, ht)
            W[begin:end] = multiplied(
                w, self._times(tile, u, ht), denominator, *penalty
            )
            return [value, before]

        value, before = sum_over_tiles(self._A, entry_bytes(self._A, ht.shape[1]), body)
        return value + self._of_all(before, ht)

    def terms_of_h(self, W: Tensor, ht: Tensor) -> list[Tensor]:
        """Return uᵀW, and vᵀW where other entries are missing: by rows of Aᵀ."""
        columns = transposed_of(self._A)
        numerator = torch.empty_like(ht)
        found = [numerator]
        if self._observed_only:
            found.append(torch.empty_like(ht))

        def body(begin: int, end: int) -> list[Tensor]:
            tile = csr_rows(columns, begin, end)
            u, v = self._d.weights(tile.data, products(tile, ht[begin:end], W))
            parts = [self._times(tile, part, W) for part in (u, v)[: len(found)]]
            for out, part in zip(found, parts, strict=True):
                out[begin:end] = part
            return []

        sum_over_tiles(columns, entry_bytes(columns, ht.shape[1]), body)
        return found

    def _value(
        self, tile: TensorBlock, w: Tensor, ht: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return Σ d(a, q) of stored entries, less their q unless only they count."""
        q = products(tile, w, ht)
        u, v = self._d.weights(tile.data, q)
        value = self._d.value(tile.data, q, u, v)
        if not self._observed_only:
            value = value - q.sum(dtype=torch.float64)
        return value, u, v

    def _of_all(self, sum_of_W: Tensor, ht: Tensor) -> Tensor:
        """Return Σ q over all entries, or nothing if only the stored ones count."""
        if self._observed_only:
            return sum_of_W.new_zeros(())
        return sum_of_W @ ht.sum(dim=0, dtype=torch.float64)

    @staticmethod
    def _times(tile: TensorBlock, weight: Tensor | None, factor: Tensor) -> Tensor:
        """Return the product of rows with other values in their entries."""
        data = torch.ones_like(tile.data) if weight is None else weight
        return csr_product(tile._replace(data=data), factor)
