"""Rows in memory: one block, which the kernels tile over threads themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from latentia.rows.source import Block, Kernel, RowSource, S

_DRAWN_ROWS = 1 << 16


@dataclass(frozen=True)
class MemoryRows:
    """A dense array or CSR matrix in memory, as the kernels read it.

    Attributes
    ----------
    block : ndarray of shape (n_rows, n_features) or CSR tuple
        Of a state without columns (n_rows,).
    copied : bool
        Whether the input had to be converted: ``False`` means that the kernels read the
        caller's own memory.
    """

    block: Block
    copied: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        if isinstance(self.block, tuple):
            return len(self.block[0]) - 1, self.block[3]
        return self.block.shape[0], self.block.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return (
            self.block[2].dtype if isinstance(self.block, tuple) else self.block.dtype
        )

    @property
    def sparse(self) -> bool:
        """Whether only some entries are stored."""
        return isinstance(self.block, tuple)

    @property
    def n_stored(self) -> int:
        """Entries in memory."""
        return len(self.block[2]) if isinstance(self.block, tuple) else self.block.size

    @property
    def in_memory(self) -> bool:
        """True."""
        return True

    def reduce(
        self,
        kernel: Kernel[S],
        state: RowSource | None = None,
        *,
        writes: bool = False,
        n_threads: int = 1,
    ) -> S:
        """Run the kernel on the one block there is."""
        return kernel(self.block, None if state is None else dense(state), n_threads)

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> MemoryRows:
        """Return an array beside the rows, not filled."""
        n_rows = self.shape[0]
        shape = (n_rows,) if n_columns is None else (n_rows, n_columns)
        return MemoryRows(np.empty(shape, dtype=dtype or self.dtype))

    def state_from_array(self, array: NDArray[Any]) -> MemoryRows:
        """Return the array itself as a state."""
        return MemoryRows(array)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], NDArray[Any]],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> MemoryRows:
        """Draw some rows at a time: as numbers are drawn they are large."""
        state = np.empty((self.shape[0], n_columns), dtype=dtype or self.dtype)
        for begin in range(0, len(state), _DRAWN_ROWS):
            some = state[begin : begin + _DRAWN_ROWS]
            some[:] = draw(random, len(some))
        return MemoryRows(state)

    def map(
        self,
        function: Callable[[Block], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> MemoryRows:
        """Return what the function makes of the block."""
        return MemoryRows(function(self.block), copied=True)

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of these rows."""
        return take_rows(self.block, indices)

    def transpose(self) -> MemoryRows:
        """Return the transpose: dense rows where they lie, sparse ones sorted anew."""
        if not isinstance(self.block, tuple):
            return MemoryRows(self.block.T, self.copied)
        row_start, column, value, _ = self.block
        turned = csr_array((value, column, row_start), shape=self.shape).T.tocsr()
        parts = (turned.indptr, turned.indices, turned.data)
        return MemoryRows((*parts, self.shape[0]), copied=True)

    def to_numpy(self) -> NDArray[Any]:
        """Return the array."""
        return dense(self)

    def result(self) -> NDArray[Any]:
        """Return the array."""
        return dense(self)


def dense(rows: RowSource) -> NDArray[Any]:
    """Return the array of rows that are dense and in memory."""
    assert isinstance(rows, MemoryRows)
    assert not isinstance(rows.block, tuple)
    return rows.block


def take_rows(block: Block, indices: NDArray[np.integer[Any]]) -> Block:
    """Return a copy of these rows of a block."""
    if not isinstance(block, tuple):
        return np.ascontiguousarray(block[indices])
    row_start, column, value, n_features = block
    shape = len(row_start) - 1, n_features
    taken = csr_array((value, column, row_start), shape=shape)[indices]
    return taken.indptr, taken.indices, taken.data, n_features


def length(block: Block) -> int:
    """Return how many rows a block has."""
    return len(block[0]) - 1 if isinstance(block, tuple) else len(block)


def run_of_rows(block: Block, begin: int, end: int) -> Block:
    """Return the rows from ``begin`` to before ``end``; nothing large is copied."""
    if not isinstance(block, tuple):
        return block[begin:end]
    row_start, column, value, n_features = block
    first, last = row_start[begin], row_start[end]
    start = row_start[begin : end + 1] - first
    return start, column[first:last], value[first:last], n_features
