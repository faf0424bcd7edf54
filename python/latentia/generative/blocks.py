"""Networks outside of training: block by block, every block as large as the others."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

BLOCK = 64
"""Rows of a block. The last is filled up, so that what comes out for a row does not
depend on how many others there are, not even in the last bit."""


@torch.no_grad()
def in_blocks(
    function: Callable[..., Tensor], *rows: Tensor | None, device: torch.device
) -> Tensor:
    """Apply a function to blocks of rows and return what it gave, on the CPU.

    Parameters
    ----------
    function : callable
        Takes a block of each of ``rows`` on the device; gives as many rows.
    *rows : Tensor of shape (n, ...) or None
        At least one row; uint8 images become 0..1.
    device : torch.device
        Where the function runs.
    """
    n = len(next(tensor for tensor in rows if tensor is not None))
    found = []
    # Not even in the last bit on CUDA either: some convolutions there add up in the
    # order in which threads come, and round factors to 10 bits.
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        for begin in range(0, n, BLOCK):
            blocks = (None if r is None else _block(r, begin, device) for r in rows)
            try:
                found.append(function(*blocks)[: n - begin].cpu())
            except torch.OutOfMemoryError as error:
                raise MemoryError(f"{BLOCK} images do not fit: {error}") from None
    return torch.cat(found)


def _block(rows: Tensor, begin: int, device: torch.device) -> Tensor:
    block = rows[begin : begin + BLOCK].to(device)
    if len(block) < BLOCK:
        block = torch.cat(
            [block, block[:1].expand(BLOCK - len(block), *block.shape[1:])]
        )
    return block.float() / 255 if block.dtype == torch.uint8 else block
