"""Rows in tiles: what a pass needs besides them does not grow with their number.

A device that is out of memory gets smaller tiles, once for a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from latentia.rows.torch.sparse import TensorBlock, values_of

_CPU_BYTES, _DEVICE_BYTES = 4 << 20, 128 << 20
"""Temporaries of a tile: they stay in the cache of a core; a device needs more rows to
be busy, and some 50 MB of its cache hold them in part."""

_SMALLER = 8


def tile_rows(block: TensorBlock, row_bytes: int) -> int:
    """Return how many rows a tile has if each needs so many bytes of temporaries."""
    return max(1, budget_of(block) // max(1, row_bytes))


def budget_of(block: TensorBlock) -> int:
    """Return how many bytes the temporaries of a tile may have."""
    on_cpu = values_of(block).device.type == "cpu"
    return _CPU_BYTES if on_cpu else _DEVICE_BYTES


def sum_over_tiles(
    block: TensorBlock,
    row_bytes: int,
    body: Callable[[int, int], Sequence[Tensor]],
    *,
    at_once: int | None = None,
) -> list[Tensor]:
    """Return the sums, in float64 on the device, of what ``body(begin, end)`` returns.

    ``body`` is called for tiles of rows. It writes to states only once all that it
    needs memory for is done: a tile for which the device has no memory is begun again.

    Raises
    ------
    MemoryError
        If smaller tiles do not fit either.
    """
    sums: list[Tensor] = []
    for parts in _tiles(block, at_once or tile_rows(block, row_bytes), body):
        if not sums:
            sums = [part.to(torch.float64) for part in parts]
            continue
        for total, part in zip(sums, parts, strict=True):
            total += part
    return sums


def _tiles(
    block: TensorBlock, at_once: int, body: Callable[[int, int], Sequence[Tensor]]
) -> Iterator[Sequence[Tensor]]:
    begin, n_rows, is_small = 0, block.shape[0], False
    while begin < n_rows:
        end = min(begin + at_once, n_rows)
        try:
            parts = body(begin, end)
        except torch.OutOfMemoryError as error:
            values = values_of(block)
            if is_small or end - begin == 1:
                raise MemoryError(
                    f"{values.device} has no memory for tiles of {end - begin} rows "
                    f"next to X: free memory there, or read X by blocks with "
                    f"latentia.rows.open(..., device={str(values.device)!r}). {error}"
                ) from error
            is_small, at_once = True, max(1, (end - begin) // _SMALLER)
            if values.device.type == "cuda":
                torch.cuda.empty_cache()
            continue
        begin = end
        yield parts
