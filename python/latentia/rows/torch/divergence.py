"""Passes for β-divergences by torch operations, of all entries or of those stored.

W·H is made for a tile of rows at a time. Symbols as in ``divergence_terms``: the update
of W needs u·Ht and v·Ht, that of H then uᵀW and vᵀW with the new W.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentia.rows.torch.divergence_terms import Divergence, multiplied
from latentia.rows.torch.narrow import adjoint_times, times
from latentia.rows.torch.sparse import TensorBlock, dense_rows, is_csr, values_of
from latentia.rows.torch.stored_divergence import StoredEntries
from latentia.rows.torch.tiles import sum_over_tiles
from latentia.rows.torch.transfer import as_float, download, upload

Array = NDArray[Any]


def nmf_divergence(
    A: TensorBlock,
    W: Tensor,
    Ht: Array,
    beta: float,
    floor: float,
    observed_only: bool,
    n_threads: int,
) -> float:
    """Return D(A | W·H) over all entries, or over those stored."""
    d, ht = Divergence(beta, floor), upload(Ht, W)
    if is_csr(A) and (observed_only or beta == 1):
        return as_float(StoredEntries(A, d, observed_only).divergence(W, ht))

    def body(begin: int, end: int) -> list[Tensor]:
        a, q = _rows(A, begin, end), W[begin:end] @ ht.T
        return [d.value(a, q, *d.weights(a, q))]

    (value,) = sum_over_tiles(A, _row_bytes(A), body)
    return as_float(value)


def nmf_divergence_pass(
    A: TensorBlock,
    W: Tensor,
    Ht: Array,
    beta: float,
    floor: float,
    observed_only: bool,
    l1: float,
    l2: float,
    centre: Array | None,
    numerator: Array | None,
    denominator: Array | None,
    workspace: object,
    n_threads: int,
    transposed: object = None,
) -> tuple[float, Array]:
    """Update W given Ht; return the divergence before, and Σ W of the new W.

    Writes what H is updated from to ``numerator`` and ``denominator``, where given.
    """
    d, ht = Divergence(beta, floor), upload(Ht, W)
    middle = None if centre is None else upload(centre, W)
    penalty = (l1, l2, middle, d.gamma)
    if is_csr(A) and (observed_only or beta == 1):
        entries = StoredEntries(A, d, observed_only)
        value = entries.update(W, ht, penalty)
        found = entries.terms_of_h(W, ht) if numerator is not None else []
        total = W.sum(dim=0, dtype=torch.float64)
    else:
        value, total, *found = _dense_pass(
            A, W, ht, d, penalty, both=numerator is not None
        )
    for out, terms in zip((numerator, denominator), found, strict=False):
        if out is not None:
            out[...] = download(terms)
    return as_float(value), np.asarray(download(total))


def _dense_pass(
    A: TensorBlock,
    W: Tensor,
    ht: Tensor,
    d: Divergence,
    penalty: Any,
    *,
    both: bool,
) -> list[Tensor]:
    column_sums = ht.sum(dim=0, keepdim=True)

    def body(begin: int, end: int) -> list[Tensor]:
        a, w = _rows(A, begin, end), W[begin:end]
        q = w @ ht.T
        u, v = d.weights(a, q)
        value = d.value(a, q, u, v)
        denominator = column_sums if v is None else times(v, ht)
        w = multiplied(w, times(u, ht), denominator, *penalty)
        sums = [value, w.sum(dim=0, dtype=torch.float64)]
        if both:
            u, v = d.weights(a, w @ ht.T)
            parts = (part for part in (u, v) if part is not None)
            sums += [adjoint_times(part, w).double() for part in parts]
        W[begin:end] = w
        return sums

    return sum_over_tiles(A, _row_bytes(A), body)


def _rows(A: TensorBlock, begin: int, end: int) -> Tensor:
    """Return dense rows: the divergence of sparse ones includes their zeros."""
    found: Tensor = dense_rows(A, begin, end) if is_csr(A) else A[begin:end]
    return found


def _row_bytes(A: TensorBlock) -> int:
    return int(7 * values_of(A).element_size() * A.shape[1])
