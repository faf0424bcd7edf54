"""Results for each row in partitions, and what they have in common with the rows."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any, Self

import dask.array as da
import numpy as np
from dask.typing import Key
from numpy.typing import NDArray

from latentia.rows.block import Array
from latentia.rows.dask.block_tasks import (
    BlockTask,
    add_tree,
    cause_of,
    kernel_node,
    named,
    task_node,
)
from latentia.rows.dask.graph import Graph, evaluate, fetch, unique
from latentia.rows.dask.partitions import EmptyPart, Partition, RandomPart, identity
from latentia.rows.kernel import Kernel, S, StateKernel
from latentia.rows.source import RowState, check_state


class Partitioned:
    """A matrix in partitions, over which passes run as graphs of Dask.

    Parameters
    ----------
    parts : list of Partition
    graph : dict
        The nodes that partitions need: futures, on a cluster, data or tasks.
    bounds : ndarray of shape (n_parts + 1,)
        The rows where partitions begin and end.
    n_columns : int or None
        ``None`` for a state of shape (n_rows,).
    dtype : dtype
    name : str, default="X"
        How error messages call the rows.
    large : bool, default=False
        Whether arrays of the caller are in the graph itself.
    """

    def __init__(
        self,
        parts: list[Partition],
        graph: Graph,
        bounds: NDArray[np.int64],
        n_columns: int | None,
        dtype: Any,
        *,
        name: str = "X",
        large: bool = False,
    ):
        self._parts = parts
        self._graph = graph
        self._bounds = bounds
        self._n_columns = n_columns
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._name = name
        self._large = large

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_columns); of one number a row (n_rows, 1)."""
        return int(self._bounds[-1]), 1 if self._n_columns is None else self._n_columns

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the blocks."""
        return self._dtype

    def reduce(self, kernel: Kernel[Any, S], *, n_threads: int = 1) -> S:
        """Run the kernel where the partitions are.

        A task uses one thread, or as many as ``LATENTIA_NUM_THREADS`` says in the
        environment of the worker. ``n_threads`` is for this machine and is not used.

        Raises
        ------
        OSError, TypeError, ValueError, MemoryError, RuntimeError
            It names the partition and its rows; its cause is the original error.
        """
        sums: S = self._run(kernel, None, writes=False)
        return sums

    def reduce_with(
        self, kernel: StateKernel[Any, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run the kernel on the partitions and the same parts of a state."""
        sums: S = self._run(kernel, check_state(state, DaskState), writes=False)
        return sums

    def update(
        self, kernel: StateKernel[Any, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run a kernel that writes to a state; each task returns the new part."""
        sums: S = self._run(kernel, check_state(state, DaskState), writes=True)
        return sums

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> DaskState:
        """Return a state that the first task that writes to it allocates."""
        dtype = np.dtype(dtype or self._dtype)
        columns = () if n_columns is None else (n_columns,)
        parts = [Partition(EmptyPart((size, *columns), dtype)) for size in self._sizes]
        return self._state(parts, {}, n_columns, dtype)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> DaskState:
        """Draw each part where its partition is.

        All parts are drawn here as well, and dropped, so that ``random`` moves to where
        the numbers of the next part begin.
        """
        dtype = np.dtype(dtype or self._dtype)
        parts = []
        for size in self._sizes:
            drawn = RandomPart(draw, copy.deepcopy(random), size, dtype)
            parts.append(Partition(drawn))
            draw(random, size)
        return self._state(parts, {}, n_columns, dtype).computed()

    def _run(self, kernel: Any, state: DaskState | None, *, writes: bool) -> Any:
        """Return the sums of a pass; a state that is written to gets its new parts."""
        name = unique("latentia")
        graph, kernel_key = kernel_node(kernel, f"kernel-{name}", len(self._parts))
        tasks: list[Key] = []
        for i, rows in enumerate(self._parts):
            of_state = None if state is None else state._parts[i]
            tasks.append((f"run-{name}", i))
            task = BlockTask(i, rows, of_state, writes)
            graph[tasks[i]] = task_node(task, kernel_key)
        sums, kept = tasks, list[Key]()
        if writes:  # tasks return (sums, part): sums travel without the part
            kept, sums = tasks, [(f"sums-{name}", i) for i in range(len(tasks))]
            for one, task_key in zip(sums, tasks, strict=True):
                graph[one] = (operator.itemgetter(0), task_key)
        total = add_tree(graph, sums, name)
        if state is not None:
            graph = {**state._graph, **graph}
        nodes = self._evaluate(graph, [total, *kept])
        (added,) = self._fetch([nodes.pop(total)])
        if state is not None and writes:
            state.replace(kept, nodes)
        return added

    @property
    def _sizes(self) -> list[int]:
        sizes: list[int] = np.diff(self._bounds).tolist()
        return sizes

    def _state(
        self, parts: list[Partition], graph: Graph, n_columns: int | None, dtype: Any
    ) -> DaskState:
        return DaskState(parts, graph, self._bounds, n_columns, dtype, name=self._name)

    def _evaluate(self, graph: Graph, keys: list[Key]) -> Graph:
        try:
            return evaluate({**self._graph, **graph}, keys, large=self._large)
        except Exception as error:
            raise named(error, self._name, self._bounds) from cause_of(error)

    def _fetch(self, nodes: list[Any]) -> list[Any]:
        try:
            return fetch(nodes)
        except Exception as error:
            raise named(error, self._name, self._bounds) from cause_of(error)


class DaskState(Partitioned):
    """Results for each row, in the partitions of the rows."""

    def replace(self, written: list[Key], nodes: Graph) -> None:
        """Take the parts that tasks wrote: each returned (sums, part)."""
        self._parts = [Partition(operator.itemgetter(1), (key,)) for key in written]
        self._graph = nodes

    def computed(self) -> Self:
        """Compute every part, and keep each where it was computed."""
        if all(part.load is identity for part in self._parts):
            return self
        name = unique("state")
        keys: list[Key] = [(name, i) for i in range(len(self._parts))]
        graph: Graph = {
            key: (part.load, *part.inputs)
            for key, part in zip(keys, self._parts, strict=True)
        }
        self._graph = self._evaluate(graph, keys)
        self._parts = [Partition(identity, (key,)) for key in keys]
        return self

    def to_numpy(self) -> Array:
        """Return the values as an array in this process."""
        self.computed()
        nodes = [self._graph[part.inputs[0]] for part in self._parts]
        return np.concatenate(self._fetch(nodes))

    def result(self) -> da.Array:
        """Return a Dask array with the partitions of the rows."""
        self.computed()
        keys = [part.inputs[0] for part in self._parts]
        name = unique("latentia")
        last = () if self._n_columns is None else (0,)
        graph = {(name, i, *last): self._graph[key] for i, key in enumerate(keys)}
        columns = () if self._n_columns is None else ((self._n_columns,),)
        meta = np.empty((0,) * (1 + len(columns)), dtype=self._dtype)
        chunks = tuple(self._sizes), *columns
        return da.Array(graph, name, chunks, meta=meta)  # type: ignore[no-untyped-call]
