"""Size and moments of columns by torch operations: ``cpp/kernels/scan/summary.hpp``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentia.rows.torch.sparse import (
    TensorBlock,
    is_csr,
    rows_of_entries,
    values_of,
)
from latentia.rows.torch.tiles import sum_over_tiles, tile_rows
from latentia.rows.torch.transfer import as_float, download, upload

Array = NDArray[Any]


def summary(
    A: TensorBlock, origin: Array, n_threads: int
) -> tuple[Array, Array, float, int, int]:
    """Return Σ(a − origin), Σ(a − origin)², max |a|, and the first place not finite.

    The place is (row, column), or (−1, −1) if all numbers are finite.
    """
    values = values_of(A)
    about = upload(origin, values, torch.float64)
    if is_csr(A):
        sums = _of_csr(A, about)
        largest = values.abs().max() if len(values) else values.new_zeros(())
    else:
        sums, largest = _of_dense(A, about)
    total, square = (download(part) for part in sums)
    row, column = -1, -1
    # A sum with NaN or infinity is not finite; squares of finite numbers may overflow.
    if not np.isfinite(square).all():
        row, column = _first_place(A, lambda values: ~values.isfinite())
    return total, square, as_float(largest), row, column


def _of_dense(A: Tensor, about: Tensor) -> tuple[list[Tensor], Tensor]:
    largest = A.new_zeros(())

    def body(begin: int, end: int) -> list[Tensor]:
        tile = A[begin:end]
        off = tile.double() - about
        sums = [off.sum(dim=0), off.square_().sum(dim=0)]
        torch.maximum(largest, torch.maximum(tile.amax(), -tile.amin()), out=largest)
        return sums

    return sum_over_tiles(A, 2 * 8 * A.shape[1], body), largest


def _of_csr(A: TensorBlock, about: Tensor) -> list[Tensor]:
    column = A.indices.long()
    off = A.data.double() - about[column]
    zeros = about.new_zeros(A.n_columns)
    total = zeros.index_add(0, column, off)
    square = zeros.index_add(0, column, off * off)
    stored = zeros.index_add(0, column, torch.ones_like(off))
    unstored = A.shape[0] - stored  # zeros, which are −origin
    return [total - unstored * about, square + unstored * about**2]


def least_value(A: TensorBlock) -> tuple[float, int, int]:
    """Return the smallest stored number, or a NaN, and the place of the first such.

    It is (0, 0) if the number is not negative.
    """
    values = values_of(A)
    value = as_float(values.amin()) if values.numel() else float("inf")
    if value >= 0:
        return value, 0, 0
    if value != value:
        return value, *_first_place(A, torch.isnan)
    return value, *_first_place(A, lambda found: found == value)


def count_nonzero(A: TensorBlock) -> int:
    """Return how many stored numbers are not zero."""
    values = values_of(A)
    at_once = tile_rows(A, 2 * max(1, values[:1].numel()))
    tiles = range(0, len(values), at_once)
    return sum(int(values[i : i + at_once].count_nonzero()) for i in tiles)


def _first_place(A: TensorBlock, wanted: Callable[[Tensor], Tensor]) -> tuple[int, int]:
    """Return row and column of the first number that is wanted, or (−1, −1)."""
    if is_csr(A):
        entry = _first(wanted(A.data))
        if entry < 0:
            return -1, -1
        return int(rows_of_entries(A)[entry]), int(A.indices[entry])
    at_once, n_columns = tile_rows(A, 2 * A.shape[1]), A.shape[1]
    for begin in range(0, len(A), at_once):
        place = _first(wanted(A[begin : begin + at_once]).flatten())
        if place >= 0:
            return begin + place // n_columns, place % n_columns
    return -1, -1


def _first(flags: Tensor) -> int:
    """Return the place of the first true one, or −1."""
    if not len(flags) or not bool(flags.any()):
        return -1
    return int(flags.to(torch.uint8).argmax())
