"""How a task gets the rows of a partition."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import dask.core
import numpy as np
import scipy.sparse
from dask.local import get_sync
from dask.typing import Key
from numpy.typing import NDArray

from latentia.rows.block import Block, Csr
from latentia.rows.dask.graph import Graph, literal
from latentia.rows.to_memory import csr_block, memory_rows

Load = Callable[..., Any]
"""(values of the inputs of a partition) -> its rows."""


@dataclass(frozen=True)
class Partition:
    """A partition: ``load`` computes its rows from the values of nodes of a graph."""

    load: Load
    inputs: tuple[Key, ...] = ()

    def then(self, function: Callable[[Any], Any]) -> Partition:
        """Return the partition with a function applied after each load."""
        return Partition(_Mapped(self.load, function), self.inputs)

    def validated(self) -> Partition:
        """Return the partition without the check of a chunk that is kept as it is.

        A chunk that each pass computes anew is another one, and is checked again.
        """
        if not isinstance(self.load, _Mapped):
            return self
        return Partition(self.load.validated(), self.inputs)


def identity(value: Any) -> Any:
    """Return the value of the only input."""
    return value


@dataclass(frozen=True)
class _Mapped:
    load: Load
    function: Callable[[Any], Any]

    def __call__(self, *values: Any) -> Any:
        return self.function(self.load(*values))

    def validated(self) -> _Mapped:
        """Return it with the chunk taken as valid, if the chunk is kept."""
        if isinstance(self.load, _Mapped):
            return _Mapped(self.load.validated(), self.function)
        if self.load is identity and isinstance(self.function, ToBlock):
            return _Mapped(identity, replace(self.function, valid=True))
        return self


@dataclass(frozen=True)
class PartitionGraph:
    """The caller's tasks for one partition, run within our task.

    So a partition is computed, used and dropped at once, and an error in these tasks
    names it.
    """

    nodes: Graph
    key: Key
    inputs: tuple[Key, ...]

    def __call__(self, *values: Any) -> Any:
        """Return the partition; ``values`` are those that others need too."""
        shared = dict(zip(self.inputs, map(literal, values), strict=True))
        return get_sync({**self.nodes, **shared}, self.key)


@dataclass(frozen=True)
class EmptyPart:
    """A part of a state whose values are not set."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __call__(self) -> NDArray[Any]:
        """Return an array that is not filled."""
        return np.empty(self.shape, dtype=self.dtype)


@dataclass(frozen=True)
class RandomPart:
    """A part of a state of random numbers."""

    draw: Callable[[Any, int], NDArray[Any]]
    random: Any
    n_rows: int
    dtype: np.dtype[Any]

    def __call__(self) -> NDArray[Any]:
        """Draw the part: the same numbers at each call."""
        drawn = self.draw(copy.deepcopy(self.random), self.n_rows)
        return np.ascontiguousarray(drawn, dtype=self.dtype)


@dataclass(frozen=True)
class ToBlock:
    """A chunk of the caller -> a block as the kernels read it.

    Attributes
    ----------
    name : str
        How error messages call the rows.
    n_rows, n_columns : int
    dtype : dtype
        Of the block.
    sparse : bool
        Whether chunks are SciPy sparse matrices.
    valid : bool
        Whether the indices of this chunk were checked by an earlier pass.
    """

    name: str
    n_rows: int
    n_columns: int
    dtype: np.dtype[Any]
    sparse: bool
    valid: bool = False

    def __call__(self, chunk: Any) -> Block:
        """Return the block.

        Raises
        ------
        TypeError, ValueError
            If the chunk is not of the kind and shape that the collection has.
        """
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
        if self.valid and sparse:
            block: Block = _csr_of_valid(chunk, self.dtype)
        else:
            block = memory_rows(chunk, name=self.name).block
        if isinstance(block, Csr):
            return block._replace(data=block.data.astype(self.dtype, copy=False))
        return block.astype(self.dtype, copy=False)


def _csr_of_valid(chunk: Any, dtype: Any) -> Csr:
    """Return a sparse chunk as CSR of a type, without a check of its indices.

    Repeated entries are added in that type: small integers would wrap.
    """
    matrix = chunk.astype(dtype, copy=False).tocsr()
    if not matrix.has_canonical_format:  # SciPy keeps the answer in the matrix
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return csr_block(matrix)


def partition(graph: Graph, keys: list[Key]) -> tuple[Graph, list[Partition]]:
    """Return the nodes that several of our tasks need, and a partition for each key.

    Tasks that only one key depends on become part of its own task.
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
    # A future is in the graph under its own key, and needs nothing.
    return dask.core.get_dependencies(graph, key) - {key}
