"""Results for each row of rows that are read by blocks."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentia.rows.block import Array
from latentia.rows.chunked.layout import Layout
from latentia.rows.chunked.mapped import drop_pages
from latentia.rows.chunked.results import deliver
from latentia.rows.kernel import Kernel, S, StateKernel, pairwise_sum
from latentia.rows.source import RowState, check_state


@dataclass(frozen=True, repr=False)
class ChunkedState:
    """An array in memory or in a temporary file, divided into the blocks of its rows.

    Attributes
    ----------
    array : ndarray of shape (n_rows, n_columns) or (n_rows,)
    layout : Layout
        Which rows make a block.
    """

    array: Array
    layout: Layout

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_columns); of one number a row (n_rows, 1)."""
        return len(self.array), 1 if self.array.ndim == 1 else self.array.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the array."""
        return self.array.dtype

    def blocks(self) -> Generator[Array]:
        """Yield views of the blocks; pages of a file are dropped after each."""
        for begin, end in self.layout.spans:
            rows = self.array[begin:end]
            yield rows
            drop_pages(rows)

    def reduce(self, kernel: Kernel[Array, S], *, n_threads: int = 1) -> S:
        """Run the kernel on block after block."""
        return pairwise_sum(kernel(block, n_threads) for block in self.blocks())

    def reduce_with(
        self, kernel: StateKernel[Array, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run the kernel on block after block of this state and another."""
        others = check_state(state, ChunkedState).blocks()
        return pairwise_sum(
            kernel(block, n_threads, other)
            for block, other in zip(self.blocks(), others, strict=True)
        )

    def update(
        self, kernel: StateKernel[Array, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run a kernel that writes to another state, or to this one."""
        return self.reduce_with(kernel, state, n_threads=n_threads)

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> ChunkedState:
        """Return another state of the same rows, whose values are not set."""
        return empty_state(self.layout, n_columns, dtype or self.dtype)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> ChunkedState:
        """Draw block after block."""
        return random_state(self.layout, draw, random, n_columns, dtype or self.dtype)

    def to_numpy(self) -> Array:
        """Return the array, also where results are written elsewhere."""
        return self.array

    def result(self) -> Any:
        """Return the array, or that which it was to be written to."""
        return deliver(self.array, self.layout.out, self.layout.spans)


def empty_state(layout: Layout, n_columns: int | None, dtype: Any) -> ChunkedState:
    """Return a state whose values are not set, within the memory budget."""
    n_rows = layout.n_rows
    shape = (n_rows,) if n_columns is None else (n_rows, n_columns)
    return ChunkedState(layout.budget.empty(shape, dtype), layout)


def random_state(
    layout: Layout,
    draw: Callable[[Any, int], Array],
    random: Any,
    n_columns: int,
    dtype: Any,
) -> ChunkedState:
    """Return a state whose rows are drawn block after block."""
    state = empty_state(layout, n_columns, dtype)
    for block in state.blocks():
        block[:] = draw(random, len(block))
    return state
