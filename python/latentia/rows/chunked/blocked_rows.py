"""Rows, and states beside them, that a pass goes through block by block."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia.rows.chunked.budget import Budget
from latentia.rows.chunked.mapped import drop_pages
from latentia.rows.chunked.read_ahead import read_ahead
from latentia.rows.chunked.results import Out, deliver
from latentia.rows.chunked.row_storage import ArrayStorage, Span, Storage
from latentia.rows.memory import take_rows
from latentia.rows.source import Block, Kernel, RowSource, S, pairwise_sum


@dataclass(frozen=True)
class Layout:
    """What rows have in common with the states that belong to them.

    Attributes
    ----------
    bounds : ndarray of shape (n_blocks + 1,)
        Where blocks begin, and at last the number of rows.
    budget : Budget
        Where states find room.
    out : Path, array or None
        Where results go.
    name : str
        How error messages call the rows.
    """

    bounds: NDArray[np.int64]
    budget: Budget
    out: Out | None
    name: str

    @property
    def spans(self) -> list[Span]:
        """The rows of each block."""
        return list(itertools.pairwise(self.bounds.tolist()))


@dataclass(frozen=True, repr=False)
class ChunkedRows:
    """Rows of which a block at a time is in memory, and another on its way.

    Attributes
    ----------
    storage : Storage
        What reads them.
    layout : Layout
        Which rows make a block.
    sparse : bool
        Whether blocks are CSR tuples.
    function : callable, optional
        What every block is put through.
    made : dtype, optional
        What the function makes of the storage's type, if another.
    """

    storage: Storage
    layout: Layout
    sparse: bool
    function: Callable[[Block], Block] | None = None
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

    def reduce(
        self,
        kernel: Kernel[S],
        state: RowSource | None = None,
        *,
        writes: bool = False,
        n_threads: int = 1,
    ) -> S:
        """Run the kernel on block after block, in this thread.

        Raises
        ------
        OSError
            If a block cannot be read; it names the block, counted from 0, and its rows.
        """
        spans = self.layout.spans
        beside = None if state is None else _array(state)

        def sums_of(span: Span, block: Block) -> S:
            if beside is None:
                return kernel(block, None, n_threads)
            rows = beside[span[0] : span[1]]
            sums = kernel(block, rows, n_threads)
            drop_pages(rows)
            return sums

        with closing(self._blocks(range(len(spans)), spans)) as blocks:
            return pairwise_sum(
                sums_of(span, block) for block, span in zip(blocks, spans, strict=True)
            )

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> ChunkedRows:
        """Return an array beside the rows, not filled, for which there is room."""
        n_rows = int(self.layout.bounds[-1])
        shape = (n_rows,) if n_columns is None else (n_rows, n_columns)
        return self.state_from_array(
            self.layout.budget.empty(shape, dtype or self.dtype)
        )

    def state_from_array(self, array: NDArray[Any]) -> ChunkedRows:
        """Return the array itself as a state."""
        return ChunkedRows(ArrayStorage(array), self.layout, sparse=False)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], NDArray[Any]],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> ChunkedRows:
        """Draw block after block."""
        state = self.empty_state(n_columns, dtype)
        array = _array(state)
        for begin, end in self.layout.spans:
            array[begin:end] = draw(random, end - begin)
            drop_pages(array[begin:end])
        return state

    def map(
        self,
        function: Callable[[Block], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> ChunkedRows:
        """Return rows whose blocks are put through the function when they are read."""
        first = self.function
        both = function if first is None else _Composed(first, function)
        return replace(self, function=both, sparse=sparse, made=dtype or self.made)

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of these rows; only blocks that have some are read."""
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
        """Raise: columns of rows that are read by blocks are nowhere together."""
        raise ValueError(
            f"{self.layout.name} has to be whole in memory to be read as columns"
        )

    def to_numpy(self) -> NDArray[Any]:
        """Return the array of a state, wherever results go."""
        return _array(self)

    def result(self) -> Any:
        """Return the array of a state, or where it was to be written instead."""
        return deliver(_array(self), self.layout.out, self.layout.spans)

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
        """Yield what the storage does; what it raises gets the block's number."""
        if not spans:
            return
        with closing(self.storage.read(spans)) as blocks:
            for number in numbers:
                with self._naming(number):
                    block = next(blocks)
                yield block
            with self._naming(numbers[-1]):
                next(blocks, None)

    @contextmanager
    def _naming(self, number: int) -> Generator[None]:
        try:
            yield
        except MemoryError:
            raise
        except Exception as error:
            begin, end = self.layout.spans[number]
            what = str(error)
            if isinstance(error, LookupError):  # whose text is what was looked for
                what = f"{type(error).__name__}: {what}"
            raise OSError(
                f"{self.layout.name}: block {number} (rows {begin} to {end - 1}) could "
                f"not be read: {what}"
            ) from error


@dataclass(frozen=True)
class _Composed:
    """One function after the other; unlike a lambda it can be sent elsewhere."""

    first: Callable[[Block], Block]
    second: Callable[[Block], Block]

    def __call__(self, block: Block) -> Block:
        return self.second(self.first(block))


def _array(state: RowSource) -> NDArray[Any]:
    """Return the array of a state."""
    assert isinstance(state, ChunkedRows)
    assert isinstance(state.storage, ArrayStorage)
    return state.storage.array


def _joined(
    blocks: Sequence[Block], n_features: int, dtype: np.dtype[Any], *, sparse: bool
) -> Block:
    """Return blocks as one."""
    if not sparse:
        return np.concatenate([np.empty((0, n_features), dtype), *blocks])
    parts = [scipy.sparse.csr_array((0, n_features), dtype=dtype)]
    for row_start, column, value, _ in blocks:
        shape = len(row_start) - 1, n_features
        parts.append(scipy.sparse.csr_array((value, column, row_start), shape=shape))
    joined = scipy.sparse.vstack(parts, format="csr")
    return joined.indptr, joined.indices, joined.data, n_features
