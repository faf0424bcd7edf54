"""Networks outside of training, applied to batches of one size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

BLOCK = 64
"""Rows of a batch. The last batch is filled up, so that the result of a row does not
depend on the number of rows, not even in the last bit."""


@torch.no_grad()
def batched(
    function: Callable[..., Tensor], *rows: Tensor | None, device: torch.device
) -> Tensor:
    """Apply a function to batches of rows and return its results, on the CPU.

    Parameters
    ----------
    function : callable
        Takes a batch of each of ``rows`` on the device; returns as many rows.
    *rows : Tensor of shape (n, ...) or None
        At least one row; uint8 images become 0..1.
    device : torch.device
        Where the function runs.
    """
    n = len(next(tensor for tensor in rows if tensor is not None))
    found: Tensor | None = None
    for begin, block in iterate_batches(function, *rows, device=device):
        if found is None:  # one copy, not a list of parts and then a copy
            found = block if len(block) == n else block.new_empty((n, *block.shape[1:]))
        if found is not block:
            found[begin : begin + len(block)] = block
    assert found is not None
    return found


@torch.no_grad()
def iterate_batches(
    function: Callable[..., Tensor], *rows: Tensor | None, device: torch.device
) -> Iterator[tuple[int, Tensor]]:
    """Yield the first row of each batch, and the results of the batch."""
    n = len(next(tensor for tensor in rows if tensor is not None))
    for begin in range(0, n, BLOCK):
        blocks = (None if r is None else _block(r, begin, device) for r in rows)
        with exactly():
            found = function(*blocks)[: n - begin].cpu()
        yield begin, found


@contextmanager
def exactly() -> Iterator[None]:
    """Make networks deterministic; out of memory becomes a MemoryError.

    Otherwise some convolutions on CUDA sum in the order of threads, and round factors
    to 10 bits.
    """
    try:
        with torch.backends.cudnn.flags(
            enabled=True, benchmark=False, deterministic=True, allow_tf32=False
        ):
            yield
    except torch.OutOfMemoryError as error:
        raise MemoryError(f"{BLOCK} images do not fit: {error}") from None


def _block(rows: Tensor, begin: int, device: torch.device) -> Tensor:
    block = rows[begin : begin + BLOCK].to(device)
    if len(block) < BLOCK:
        block = torch.cat(
            [block, block[:1].expand(BLOCK - len(block), *block.shape[1:])]
        )
    return block.float() / 255 if block.dtype == torch.uint8 else block
