"""How a task comes by a partition's rows."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dask.core
import numpy as np
import scipy.sparse
from dask.local import get_sync
from dask.typing import Key
from numpy.typing import NDArray

from latentia.rows.convert import memory_rows
from latentia.rows.dask.graph import Graph, literal
from latentia.rows.source import Block

Load = Callable[..., Any]
"""(values of a partition's inputs) -> its rows."""


@dataclass(frozen=True)
class Partition:
    """A partition: ``load`` makes its rows of the values of these nodes of a graph."""

    load: Load
    inputs: tuple[Key, ...] = ()

    def then(self, function: Callable[[Any], Any]) -> Partition:
        """Return the partition, put through a function wherever it is loaded."""
        return Partition(_Mapped(self.load, function), self.inputs)


def identity(value: Any) -> Any:
    """Load what is there."""
    return value


@dataclass(frozen=True)
class _Mapped:
    load: Load
    function: Callable[[Any], Any]

    def __call__(self, *values: Any) -> Any:
        return self.function(self.load(*values))


@dataclass(frozen=True)
class PartitionGraph:
    """The caller's tasks for one partition, run as part of ours.

    So a partition is read, used and dropped at once, and what goes wrong in them is
    known to belong to it.
    """

    nodes: Graph
    key: Key
    inputs: tuple[Key, ...]

    def __call__(self, *values: Any) -> Any:
        """Return the partition, made of what is shared with others."""
        shared = dict(zip(self.inputs, map(literal, values), strict=True))
        return get_sync({**self.nodes, **shared}, self.key)


@dataclass(frozen=True)
class EmptyPart:
    """A part of a new state."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __call__(self) -> NDArray[Any]:
        """Return it with whatever memory holds."""
        return np.empty(self.shape, dtype=self.dtype)


@dataclass(frozen=True)
class RandomPart:
    """A part of a state of random numbers."""

    draw: Callable[[Any, int], NDArray[Any]]
    random: Any
    n_rows: int
    dtype: np.dtype[Any]

    def __call__(self) -> NDArray[Any]:
        """Draw it, any number of times."""
        drawn = self.draw(copy.deepcopy(self.random), self.n_rows)
        return np.ascontiguousarray(drawn, dtype=self.dtype)


@dataclass(frozen=True)
class ToBlock:
    """A chunk as the caller has it -> a block as kernels read it."""

    name: str
    n_rows: int
    n_columns: int
    dtype: np.dtype[Any]
    sparse: bool

    def __call__(self, chunk: Any) -> Block:
        """Return the block; TypeError or ValueError if it is not what was promised."""
        sparse = scipy.sparse.issparse(chunk)
        if sparse != self.sparse:
            kind, promised = ("sparse", "dense") if sparse else ("dense", "sparse")
            meta = "scipy.sparse.csr_array((0, 0))" if sparse else "np.empty((0, 0))"
            raise TypeError(
                f"its chunk is {kind}, but {self.name}._meta says that chunks are "
                f"{promised}; say what they are: {self.name}.map_blocks(lambda chunk: "
                f"chunk, dtype={self.name}.dtype, meta={meta})"
            )
        if chunk.shape != (self.n_rows, self.n_columns):
            raise ValueError(
                f"its chunk is of shape {chunk.shape}, but {self.name}.chunks says "
                f"{(self.n_rows, self.n_columns)}"
            )
        block = memory_rows(chunk, name=self.name).block
        if isinstance(block, tuple):
            row_start, column, value, n_columns = block
            value = value.astype(self.dtype, copy=False)
            return row_start, column, value, n_columns
        return block.astype(self.dtype, copy=False)


def partition(graph: Graph, keys: list[Key]) -> tuple[Graph, list[Partition]]:
    """Return the nodes that several of our tasks will need, and a part for each key.

    Tasks that one key alone depends on become part of its own.
    """
    shared = object()
    owner: dict[Key, Any] = {}
    for i, key in enumerate(keys):
        stack = [key]
        while stack:
            node = stack.pop()
            before = owner.get(node)
            if before is shared or before == i:
                continue
            mine = before is None and dask.core.istask(graph[node])  # type: ignore[no-untyped-call]
            owner[node] = i if mine else shared
            stack.extend(_needs(graph, node))
    own: list[Graph] = [{} for _ in keys]
    nodes: Graph = {}
    for key, who in owner.items():
        (nodes if who is shared else own[who])[key] = graph[key]
    return nodes, [_part(key, own[i], graph) for i, key in enumerate(keys)]


def _part(key: Key, own: Graph, graph: Graph) -> Partition:
    needs = {need for node in own for need in _needs(graph, node)}
    inputs = tuple(sorted(needs - own.keys(), key=str))
    return (
        Partition(PartitionGraph(own, key, inputs), inputs)
        if own
        else Partition(identity, (key,))
    )


def _needs(graph: Graph, key: Key) -> set[Key]:
    # A future, which is in the graph under its own key, needs nothing.
    return dask.core.get_dependencies(graph, key) - {key}
