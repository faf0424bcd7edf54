"""Updates of W for the Frobenius loss by torch operations: HALS and multiplicative.

Symbols: A (m × n), W (m × k), Ht (n × k), P = A·Ht, gram = HHᵀ. Those of
``cpp/kernels/nmf``, where the rules are derived and referenced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentia.rows.torch.narrow import adjoint_times, times
from latentia.rows.torch.sparse import (
    TensorBlock,
    csr_product,
    csr_rows,
    is_csr,
    transposed_of,
    values_of,
)
from latentia.rows.torch.tiles import sum_over_tiles
from latentia.rows.torch.transfer import as_float, download, upload

Array = NDArray[Any]
Rule = Callable[[Tensor, Tensor], Tensor]
"""(rows of W, the same rows of P) -> updated rows of W."""

LEAST_DENOMINATOR = 2.0**-23
"""Divided by instead of zero."""

STOP = 0.01
"""A row is finished when a sweep changes it at most a tenth as much as the first one
did, squared."""


def update_rule(
    solver: str, gram: Array, l1: float, l2: float, sweeps: int, order: Array | None
) -> Callable[[Tensor], Rule]:
    """Return a function of a tensor, on whose device the rule is then."""
    gram = gram + l2 * np.eye(len(gram), dtype=gram.dtype)
    if solver == "mu":
        return lambda like: _multiplicative(upload(gram, like), l1)
    steps = range(len(gram)) if order is None else order.tolist()
    tiny = float(np.finfo(gram.dtype).tiny)
    coordinates = [int(i) for i in steps if gram[i, i] >= tiny]  # else row i of H is 0
    return lambda like: _hals(
        upload(gram, like), np.diag(gram), l1, sweeps, coordinates
    )


def _multiplicative(gram: Tensor, l1: float) -> Rule:
    """W ← W ∘ P / (W·HHᵀ + l1 + l2·W)."""

    def rule(w: Tensor, p: Tensor) -> Tensor:
        # Coordinates are the rows here, as p is made.
        wt = w.T.contiguous()
        denominator = (gram @ wt).add_(l1)
        denominator.masked_fill_(denominator == 0, LEAST_DENOMINATOR)
        return without_denormals(wt * (p.T / denominator)).T

    return rule


def _hals(
    gram: Tensor, diagonal: Array, l1: float, sweeps: int, coordinates: list[int]
) -> Rule:
    """Each coordinate in turn, of all rows at once, to its optimum ≥ 0.

    w_l ← max(0, w_l − (Σ_r (HHᵀ + l2·I)_lr w_r + l1 − p_l) / (HHᵀ + l2·I)_ll)
    """

    def rule(w: Tensor, p: Tensor) -> Tensor:
        # Coordinates are the rows here: each is contiguous.
        wt, rest = w.T.contiguous(), l1 - p.T.contiguous()
        active = stop_below = wt.new_empty(0)
        for sweep in range(sweeps):
            change = wt.new_zeros(wt.shape[1])
            for i in coordinates:
                before = wt[i]
                slope = torch.addmv(rest[i], wt.T, gram[i])
                best = torch.add(before, slope, alpha=-1 / float(diagonal[i]))
                best.clamp_(min=0)
                if sweep:
                    best = torch.where(active, best, before)
                step = best - before
                change.addcmul_(step, step)
                wt[i] = best
            if sweep == 0:
                stop_below = STOP * change
            active = change > stop_below
            if sweep + 1 < sweeps and not bool(active.any()):
                break
        return wt.T

    return rule


def without_denormals(w: Tensor) -> Tensor:
    """Return numbers of which those that converge to zero are zero, in place."""
    return w.masked_fill_(w < torch.finfo(w.dtype).tiny, 0.0)


def nmf_update(
    W: Tensor,
    P: Tensor,
    gram: Array,
    solver: str,
    l1: float,
    l2: float,
    sweeps: int,
    order: Array | None,
    n_threads: int,
) -> tuple[Array, float]:
    """Update W given P; return WᵀW and ⟨W, P⟩."""
    rule = update_rule(solver, gram, l1, l2, sweeps, order)(W)

    def body(begin: int, end: int) -> list[Tensor]:
        p = P[begin:end]
        w = rule(W[begin:end], p)
        sums = [*_sums(w), (w.double() * p).sum()]
        W[begin:end] = w
        return sums

    WtW, cross = sum_over_tiles(W, 6 * W.element_size() * W.shape[1], body)
    return download(WtW), as_float(cross)


def nmf_frobenius_pass(
    A: TensorBlock,
    W: Tensor,
    Ht: Array,
    gram: Array,
    solver: str,
    l1: float,
    l2: float,
    sweeps: int,
    order: Array | None,
    AtW: Array,
    workspace: object,
    n_threads: int,
    transposed: object = None,
) -> tuple[Array, float]:
    """Update W given Ht; return WᵀW, and write AᵀW. Both are of the new W.

    The second number of the compiled kernel, ⟨W, P⟩, is not needed.
    """
    values = values_of(A)
    ht = upload(Ht, values)
    rule = update_rule(solver, gram, l1, l2, sweeps, order)(values)
    sparse = is_csr(A)

    def body(begin: int, end: int) -> list[Tensor]:
        tile = csr_rows(A, begin, end) if sparse else A[begin:end]
        w = rule(W[begin:end], csr_product(tile, ht) if sparse else times(tile, ht))
        sums = _sums(w)
        if not sparse:
            sums.append(adjoint_times(tile, w).double())
        W[begin:end] = w
        return sums

    width = 6 * W.shape[1] + (0 if sparse else A.shape[1])
    WtW, *product = sum_over_tiles(A, W.element_size() * width, body)
    AtW[...] = download(product[0] if product else csr_product(transposed_of(A), W))
    return download(WtW), float("nan")


def _sums(w: Tensor) -> list[Tensor]:
    exact = w.double()
    return [exact.T @ exact]
