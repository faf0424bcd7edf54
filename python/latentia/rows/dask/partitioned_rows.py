"""Rows and states in the partitions of a Dask collection."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import dask.array as da
import numpy as np
import scipy.sparse
from dask.typing import Key
from numpy.typing import NDArray

from latentia.rows.dask.block_tasks import (
    BlockTask,
    add_tree,
    cause_of,
    kernel_node,
    named,
    run_task,
    stored_per_row,
    take_kernel,
)
from latentia.rows.dask.graph import Graph, evaluate, fetch, literal, unique
from latentia.rows.dask.partitions import EmptyPart, Partition, RandomPart, identity
from latentia.rows.source import Block, Kernel, RowSource, S


class DaskRows:
    """Rows in partitions, or a state beside such rows.

    Parameters
    ----------
    parts : sequence of Partition
        One a partition.
    graph : dict
        The nodes that parts are made of: futures, on a cluster, data or tasks.
    bounds : ndarray of shape (n_parts + 1,)
        The rows where partitions begin and end.
    n_columns : int or None
        ``None`` for a state of shape (n_rows,).
    dtype : dtype
    sparse : bool, default=False
    name : str
        How error messages call the rows.
    large : bool, default=False
        Whether arrays of the caller's are in the graph itself.
    """

    def __init__(
        self,
        parts: list[Partition],
        graph: Graph,
        bounds: NDArray[np.int64],
        n_columns: int | None,
        dtype: Any,
        *,
        sparse: bool = False,
        name: str = "X",
        large: bool = False,
    ):
        self._parts = parts
        self._graph = graph
        self._bounds = bounds
        self._n_columns = n_columns
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._sparse = sparse
        self._n_stored: int | None = None
        self._name = name
        self._large = large

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features); of a state without columns (n_rows, 1)."""
        return int(self._bounds[-1]), 1 if self._n_columns is None else self._n_columns

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64; of a state any type."""
        return self._dtype

    @property
    def sparse(self) -> bool:
        """Whether chunks are CSR matrices."""
        return self._sparse

    @property
    def n_stored(self) -> int:
        """Entries; of sparse rows as the density of the first partition has it."""
        n_rows, n_columns = self.shape
        if not self._sparse:
            return n_rows * n_columns
        if self._n_stored is None:
            (per_row,) = self.on_parts({0: stored_per_row})
            self._n_stored = int(per_row * n_rows)
        return self._n_stored

    @property
    def in_memory(self) -> bool:
        """False, of a single partition too: it is elsewhere."""
        return False

    def reduce(
        self,
        kernel: Kernel[S],
        state: RowSource | None = None,
        *,
        writes: bool = False,
        n_threads: int = 1,
    ) -> S:
        """Run the kernel where the partitions are.

        A task is one thread, or as many as ``LATENTIA_NUM_THREADS`` says in the
        worker's environment: ``n_threads`` is about this machine.

        Raises
        ------
        OSError, TypeError, ValueError, MemoryError, RuntimeError
            Naming the partition that failed and its rows; the cause is the original.
        """
        assert state is None or isinstance(state, DaskRows)
        writes = writes and state is not None
        name = unique("latentia")
        graph, its_key = kernel_node(kernel, f"kernel-{name}", len(self._parts))
        sums: list[Key] = []
        written: list[Key] = []
        for i, rows in enumerate(self._parts):
            run = BlockTask(i, rows, state._parts[i] if state else None, writes)
            graph[f"run-{name}", i] = run_task(run, its_key)
            sums.append((f"run-{name}", i))
            if writes:
                # So that sums travel without the part.
                written.append(sums[i])
                sums[i] = f"sums-{name}", i
                graph[sums[i]] = (operator.itemgetter(0), written[i])
        total = add_tree(graph, sums, name)
        nodes = self._evaluate(graph, [total, *written], beside=state)
        (added,) = self._fetch([nodes.pop(total)])
        if writes:
            assert state is not None
            state._parts = [
                Partition(operator.itemgetter(1), (key,)) for key in written
            ]
            state._graph = nodes
        return added  # type: ignore[no-any-return]

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> DaskRows:
        """Return a state that is made by the first task that writes to it."""
        dtype = np.dtype(dtype or self._dtype)
        columns = () if n_columns is None else (n_columns,)
        return self._state(
            [Partition(EmptyPart((size, *columns), dtype)) for size in self._sizes],
            {},
            n_columns,
            dtype,
        )

    def state_from_array(self, array: NDArray[Any]) -> DaskRows:
        """Send each part of an array to a worker."""
        name = unique("state_from_array")
        n_columns = None if array.ndim == 1 else array.shape[1]
        state = self._state([], {}, n_columns, array.dtype)
        graph: Graph = {
            (name, i): np.ascontiguousarray(array[begin:end])
            for i, (begin, end) in enumerate(pairwise(self._bounds))
        }
        state._parts = [Partition(identity, (key,)) for key in graph]
        state._graph = evaluate(graph, list(graph), large=False)
        return state

    def random_state_rows(
        self,
        draw: Callable[[Any, int], NDArray[Any]],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> DaskRows:
        """Draw each part where its partition is; here all are drawn too, and dropped.

        That moves ``random`` to where the next part's numbers begin.
        """
        dtype = np.dtype(dtype or self._dtype)
        parts = []
        for size in self._sizes:
            parts.append(
                Partition(RandomPart(draw, copy.deepcopy(random), size, dtype))
            )
            draw(random, size)
        state = self._state(parts, {}, n_columns, dtype)
        state._settle()
        return state

    def map(
        self,
        function: Callable[[Block], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> DaskRows:
        """Return the rows put through a function whenever they are read."""
        return DaskRows(
            [part.then(function) for part in self._parts],
            self._graph,
            self._bounds,
            self._n_columns,
            dtype or self._dtype,
            sparse=sparse,
            name=self._name,
            large=self._large,
        )

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of these rows; no others travel."""
        cuts = np.searchsorted(indices, self._bounds)
        wanted: dict[int, Any] = {
            i: partial(take_kernel, indices=indices[begin:end] - self._bounds[i])
            for i, (begin, end) in enumerate(pairwise(cuts))
            if end > begin
        }
        blocks = self.on_parts(wanted or {0: partial(take_kernel, indices=indices)})
        if not self._sparse:
            return np.concatenate(blocks)
        matrices = [
            scipy.sparse.csr_array((value, column, start), (len(start) - 1, n))
            for start, column, value, n in blocks
        ]
        stacked = scipy.sparse.vstack(matrices, format="csr")
        return stacked.indptr, stacked.indices, stacked.data, self.shape[1]

    def transpose(self) -> RowSource:
        """Raise: columns run through all partitions."""
        raise ValueError(
            f"{self._name} is in partitions of a Dask collection, and what is asked "
            f"for needs its transpose: compute() it first, if it fits into memory"
        )

    def to_numpy(self) -> NDArray[Any]:
        """Return a state as an array here."""
        self._settle()
        nodes = [self._graph[part.inputs[0]] for part in self._parts]
        return np.concatenate(self._fetch(nodes))

    def result(self) -> da.Array:
        """Return a state as a Dask array in the rows' partitions."""
        self._settle()
        keys = [part.inputs[0] for part in self._parts]
        name = unique("latentia")
        last = () if self._n_columns is None else (0,)
        graph = {(name, i, *last): self._graph[key] for i, key in enumerate(keys)}
        columns = () if self._n_columns is None else ((self._n_columns,),)
        meta = np.empty((0,) * (1 + len(columns)), dtype=self._dtype)
        chunks = tuple(self._sizes), *columns
        return da.Array(graph, name, chunks, meta=meta)  # type: ignore[no-untyped-call]

    def on_parts(self, kernels: Mapping[int, Kernel[Any]]) -> list[Any]:
        """Return what each of some partitions' kernels makes of its rows."""
        name = unique("latentia")
        graph: Graph = {}
        for i, kernel in kernels.items():
            graph[f"kernel-{name}", i] = literal(kernel)
            graph[f"run-{name}", i] = run_task(
                BlockTask(i, self._parts[i]), (f"kernel-{name}", i)
            )
        keys: list[Key] = [(f"run-{name}", i) for i in kernels]
        return self._fetch(list(self._evaluate(graph, keys).values()))

    @property
    def _sizes(self) -> list[int]:
        sizes: list[int] = np.diff(self._bounds).tolist()
        return sizes

    def _state(
        self, parts: list[Partition], graph: Graph, n_columns: int | None, dtype: Any
    ) -> DaskRows:
        return DaskRows(parts, graph, self._bounds, n_columns, dtype, name=self._name)

    def _settle(self) -> None:
        """Have every part of a state computed, and kept where that is done."""
        if all(part.load is identity for part in self._parts):
            return
        name = unique("state")
        keys: list[Key] = [(name, i) for i in range(len(self._parts))]
        graph = {
            key: (part.load, *part.inputs)
            for key, part in zip(keys, self._parts, strict=True)
        }
        self._graph = self._evaluate(graph, keys)
        self._parts = [Partition(identity, (key,)) for key in keys]

    def _evaluate(
        self, graph: Graph, keys: list[Key], beside: DaskRows | None = None
    ) -> Graph:
        state = beside._graph if beside else {}
        try:
            graph = {**self._graph, **state, **graph}
            return evaluate(graph, keys, large=self._large)
        except Exception as error:
            raise named(error, self._name, self._bounds) from cause_of(error)

    def _fetch(self, nodes: list[Any]) -> list[Any]:
        try:
            return fetch(nodes)
        except Exception as error:
            raise named(error, self._name, self._bounds) from cause_of(error)
