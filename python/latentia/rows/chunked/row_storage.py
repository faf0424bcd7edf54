"""What reads runs of rows."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latentia.rows.block import Block

Span = tuple[int, int]
"""A run of rows: its first, and the one after its last."""


class Storage(Protocol):
    """A matrix (n_rows × n_features) of which runs of rows can be read."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the blocks."""

    @property
    def sparse(self) -> bool:
        """Whether blocks are CSR."""

    @property
    def n_stored(self) -> int:
        """Entries that a pass reads."""

    @property
    def chunk_rows(self) -> int:
        """Rows that are stored together; 1 if it does not matter."""

    @property
    def slow(self) -> bool:
        """Whether reading the next block ahead saves time."""

    def read(self, spans: Sequence[Span]) -> Generator[Block]:
        """Yield these runs of rows, which ascend and do not overlap.

        The memory of a block is reused for the block after the next one.
        """

    def take(self, indices: NDArray[np.integer[Any]]) -> NDArray[Any] | None:
        """Return a copy of these rows; None if only runs can be read."""


def in_turn(
    spans: Sequence[Span], n_features: int, dtype: np.dtype[Any]
) -> Generator[tuple[Span, NDArray[Any]]]:
    """Yield the spans, each with one of two buffers in turn for its rows."""
    longest = max(end - begin for begin, end in spans)
    buffers = [np.empty((longest, n_features), dtype) for _ in spans[:2]]
    for (begin, end), buffer in zip(spans, itertools.cycle(buffers), strict=False):
        yield (begin, end), buffer[: end - begin]


def block_type(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    """Return the type that the kernels read numbers of a type as.

    Raises
    ------
    TypeError
        If it is not a type of real numbers.
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
