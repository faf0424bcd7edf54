"""What reads the rows, and where states are."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latentia.rows.chunked.mapped import drop_pages, take_mapped
from latentia.rows.source import Block

Span = tuple[int, int]
"""A run of rows: its first, and the one after its last."""


class Storage(Protocol):
    """A matrix (n_rows × n_features) of which runs of rows can be read."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """What blocks are given as."""

    @property
    def sparse(self) -> bool:
        """Whether blocks are CSR tuples."""

    @property
    def n_stored(self) -> int:
        """Entries that a pass reads."""

    @property
    def chunk_rows(self) -> int:
        """How many rows are best read together; 1 if it does not matter."""

    @property
    def slow(self) -> bool:
        """Whether it pays to read ahead: blocks are read, not there already."""

    def read(self, spans: Sequence[Span]) -> Generator[Block]:
        """Yield these runs of rows, which ascend and do not overlap.

        A block's memory is used again for the one after the next.
        """

    def take(self, indices: NDArray[np.integer[Any]]) -> NDArray[Any] | None:
        """Return a copy of these rows if they can be reached one by one."""


@dataclass(frozen=True)
class ArrayStorage:
    """An array whose blocks are read, and written to, where they are: a state."""

    array: NDArray[Any]
    sparse = False
    chunk_rows = 1
    slow = False

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the array."""
        return self.array.shape[0], self.array.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the array."""
        return self.array.dtype

    @property
    def n_stored(self) -> int:
        """Size of the array."""
        return self.array.size

    def read(self, spans: Sequence[Span]) -> Generator[Block]:
        """Yield views."""
        for begin, end in spans:
            rows = self.array[begin:end]
            yield rows
            drop_pages(rows)

    def take(self, indices: NDArray[np.integer[Any]]) -> NDArray[Any]:
        """Return a copy of rows."""
        return take_mapped(self.array, indices, self.dtype)


def in_turn(
    spans: Sequence[Span], n_features: int, dtype: np.dtype[Any]
) -> Generator[tuple[Span, NDArray[Any]]]:
    """Yield the spans, each with room for its rows in one of two buffers by turns."""
    longest = max(end - begin for begin, end in spans)
    buffers = [np.empty((longest, n_features), dtype) for _ in spans[:2]]
    for (begin, end), buffer in zip(spans, itertools.cycle(buffers), strict=False):
        yield (begin, end), buffer[: end - begin]


def block_type(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    """Return what the kernels read numbers of a type as.

    Raises
    ------
    TypeError
        If they are no real numbers.
    """
    if dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, but its type is {dtype}")
    single = dtype.kind == "f" and dtype.itemsize <= 4
    return np.dtype(np.float32 if single else np.float64)


def check_matrix(shape: tuple[int, ...] | None, name: str) -> tuple[int, int]:
    """Return the shape of a matrix that has entries.

    Raises
    ------
    ValueError
        If it has other than two axes, or no rows or columns.
    """
    if shape is None or len(shape) != 2 or 0 in shape:
        raise ValueError(
            f"{name} must be a matrix with at least one row and one column, but its "
            f"shape is {shape}"
        )
    return int(shape[0]), int(shape[1])
