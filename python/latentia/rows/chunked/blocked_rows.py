"""Rows that a pass reads block by block."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia.rows.block import Array, Block, Csr, take_rows
from latentia.rows.chunked.blocked_state import (
    ChunkedState,
    empty_state,
    random_state,
)
from latentia.rows.chunked.layout import Layout
from latentia.rows.chunked.read_ahead import read_ahead
from latentia.rows.chunked.row_storage import Span, Storage
from latentia.rows.kernel import Kernel, S, StateKernel, pairwise_sum
from latentia.rows.source import RowSource, RowState, check_state


@dataclass(frozen=True, repr=False)
class ChunkedRows:
    """Rows of which one block is in memory while the next one is read.

    Attributes
    ----------
    storage : Storage
        Reads them.
    layout : Layout
        Which rows make a block.
    sparse : bool
        Whether blocks are CSR.
    function : callable, optional
        Applied to every block.
    made : dtype, optional
        Of what the function returns, if it is not that of the storage.
    """

    storage: Storage
    layout: Layout
    sparse: bool
    function: Callable[[Any], Block] | None = None
    made: np.dtype[Any] | None = None

    def __repr__(self) -> str:
        n_rows, n_features = self.shape
        return (
            f"<rows of {self.layout.name}: {n_rows} × {n_features} {self.dtype}, "
            f"{len(self.layout.spans)} blocks>"
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        return self.storage.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the blocks."""
        return self.made or self.storage.dtype

    @property
    def n_stored(self) -> int:
        """Entries that a pass reads."""
        return self.storage.n_stored

    @property
    def in_memory(self) -> bool:
        """False."""
        return False

    def reduce(self, kernel: Kernel[Block, S], *, n_threads: int = 1) -> S:
        """Run the kernel on block after block, in this thread.

        Raises
        ------
        OSError, TypeError, ValueError
            If a block cannot be read; it names the block, counted from 0, and its rows.
        """
        with closing(self.blocks()) as blocks:
            return pairwise_sum(kernel(block, n_threads) for block in blocks)

    def reduce_with(
        self, kernel: StateKernel[Block, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run the kernel on block after block and the same rows of a state."""
        of_state = check_state(state, ChunkedState).blocks()
        with closing(self.blocks()) as blocks:
            return pairwise_sum(
                kernel(block, n_threads, rows)
                for rows, block in zip(of_state, blocks, strict=True)
            )

    def update(
        self, kernel: StateKernel[Block, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run a kernel that writes to a state; it is in this process."""
        return self.reduce_with(kernel, state, n_threads=n_threads)

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> ChunkedState:
        """Return an array whose values are not set, within the memory budget."""
        return empty_state(self.layout, n_columns, dtype or self.dtype)

    def state_from_array(self, array: Array) -> ChunkedState:
        """Return the array itself as a state."""
        return ChunkedState(array, self.layout)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> ChunkedState:
        """Draw block after block."""
        return random_state(self.layout, draw, random, n_columns, dtype or self.dtype)

    def map(
        self,
        function: Callable[[Any], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> ChunkedRows:
        """Return rows whose blocks the function changes when they are read."""
        first = self.function
        both = function if first is None else _Composed(first, function)
        return replace(self, function=both, sparse=sparse, made=dtype or self.made)

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of these rows; only the blocks that hold them are read."""
        if self.function is None:
            try:
                taken = self.storage.take(indices)
            except OSError as error:
                raise OSError(f"{self.layout.name}: {error}") from error
            if taken is not None:
                return taken
        block_of = np.searchsorted(self.layout.bounds, indices, side="right") - 1
        numbers = np.unique(block_of).tolist()
        wanted = [indices[block_of == number] for number in numbers]
        spans = [(int(some[0]), int(some[-1]) + 1) for some in wanted]
        with closing(self._blocks(numbers, spans)) as blocks:
            taken_of = [
                take_rows(block, some - span[0])
                for block, some, span in zip(blocks, wanted, spans, strict=True)
            ]
        return _joined(taken_of, self.shape[1], self.dtype, sparse=self.sparse)

    def transpose(self) -> RowSource:
        """Raise: blocks of rows do not hold whole columns."""
        raise ValueError(
            f"{self.layout.name} must be in memory as a whole to be read by columns"
        )

    def blocks(self) -> Generator[Block]:
        """Yield all blocks; the next one is read meanwhile."""
        spans = self.layout.spans
        return self._blocks(range(len(spans)), spans)

    def _blocks(
        self, numbers: Sequence[int], spans: Sequence[Span]
    ) -> Generator[Block]:
        """Yield runs of rows, each within the block of that number."""
        blocks = self._read(numbers, spans)
        if self.storage.slow and len(spans) > 1:
            blocks = read_ahead(blocks)
        with closing(blocks):
            for block in blocks:
                yield block if self.function is None else self.function(block)

    def _read(self, numbers: Sequence[int], spans: Sequence[Span]) -> Generator[Block]:
        """Yield what the storage reads; its errors name the block."""
        if not spans:
            return
        with closing(self.storage.read(spans)) as blocks:
            for number in numbers:
                with self.layout.naming(number):
                    block = next(blocks)
                yield block
            with self.layout.naming(numbers[-1]):
                next(blocks, None)


@dataclass(frozen=True)
class _Composed:
    """One function after the other; unlike a lambda it can be sent elsewhere."""

    first: Callable[[Any], Block]
    second: Callable[[Any], Block]

    def __call__(self, block: Block) -> Block:
        return self.second(self.first(block))


def _joined(
    blocks: Sequence[Block], n_features: int, dtype: np.dtype[Any], *, sparse: bool
) -> Block:
    """Return blocks as one."""
    if not sparse:
        return np.concatenate([np.empty((0, n_features), dtype), *blocks])
    parts = [scipy.sparse.csr_array((0, n_features), dtype=dtype)]
    parts += [block.to_scipy() for block in blocks if isinstance(block, Csr)]
    return Csr.from_scipy(scipy.sparse.vstack(parts, format="csr"))
