"""HALS over the stored entries of CSR rows, where other entries are missing.

The compiled kernel makes a Gram matrix for each row. Here the residuals e = a − w·h of
the entries are kept instead, which gives the same steps:

    w_l ← max(0, w_l + (Σ e·h_l + l2·(centre_l − w_l) − l1) / (Σ h_l² + l2))
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from latentia.rows.torch.nmf import STOP
from latentia.rows.torch.sparse import (
    TensorBlock,
    csr_product,
    csr_rows,
    rows_of_entries,
)
from latentia.rows.torch.stored_divergence import entry_bytes, products
from latentia.rows.torch.tiles import sum_over_tiles
from latentia.rows.torch.transfer import as_float, upload

Array = NDArray[Any]


def nmf_observed_hals_pass(
    A: TensorBlock,
    W: Tensor,
    Ht: Any,
    l1: float,
    l2: float,
    centre: Array | None,
    sweeps: int,
    order: Array | None,
    workspace: object,
    n_threads: int,
) -> float:
    """Update W given Ht, an array or a tensor; return ½Σ(a − w·h)² after.

    If the penalty has a centre, rows without entries keep their values.
    """
    ht = upload(Ht, W)
    h = ht.T.contiguous()
    coordinates = range(len(h)) if order is None else order.tolist()
    middle = None if centre is None else upload(centre, W)

    def body(begin: int, end: int) -> list[Tensor]:
        tile, before = csr_rows(A, begin, end), W[begin:end]
        kept = tile.indptr[1:] == tile.indptr[:-1] if middle is not None else None
        w = _swept(tile, before, h, (l1, l2, middle), sweeps, coordinates)
        if kept is not None:
            w = torch.where(kept[:, None], before, w)
        rest = tile.data - products(tile, w, ht)
        W[begin:end] = w
        return [rest.double().square_().sum() / 2]

    (value,) = sum_over_tiles(A, entry_bytes(A, ht.shape[1]), body)
    return as_float(value)


def _swept(
    tile: TensorBlock,
    w: Tensor,
    h: Tensor,
    penalty: tuple[float, float, Tensor | None],
    sweeps: int,
    coordinates: Any,
) -> Tensor:
    """Return the rows of W after at most so many sweeps."""
    l1, l2, centre = penalty
    row, column = rows_of_entries(tile), tile.indices.long()
    ones = tile._replace(data=torch.ones_like(tile.data))
    curvature = csr_product(ones, h.T.square()) + l2
    rest = tile.data - products(tile, w, h.T)
    wt = w.T.contiguous()
    tiny = torch.finfo(w.dtype).tiny
    active, stop_below = torch.ones_like(wt[0], dtype=torch.bool), wt[0]
    for sweep in range(sweeps):
        change = torch.zeros_like(wt[0])
        for i in coordinates:
            before, h_i, bend = wt[i], h[i][column], curvature[:, i]
            gain = torch.segment_reduce(
                rest * h_i, "sum", offsets=tile.indptr.long(), unsafe=True
            )
            gain = gain - l2 * before - l1
            if centre is not None:
                gain = gain + l2 * centre[i]
            best = (before + gain / bend).clamp_(min=0)
            best = torch.where(active & (bend >= tiny), best, before)
            step = best - before
            change.addcmul_(step, step)
            rest = rest - step[row] * h_i
            wt[i] = best
        if sweep == 0:
            stop_below = STOP * change
        active = active & (change > stop_below)
        if sweep + 1 < sweeps and not bool(active.any()):
            break
    return wt.T
