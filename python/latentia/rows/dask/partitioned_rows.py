"""Rows in the partitions of a Dask collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse
from dask.typing import Key
from numpy.typing import NDArray

from latentia.rows.block import Array, Block, Csr
from latentia.rows.dask.block_tasks import (
    BlockTask,
    stored_per_row,
    take_kernel,
    task_node,
)
from latentia.rows.dask.graph import Graph, evaluate, literal, unique
from latentia.rows.dask.partitioned_state import DaskState, Partitioned
from latentia.rows.dask.partitions import Partition, identity
from latentia.rows.kernel import Kernel
from latentia.rows.source import RowSource


class DaskRows(Partitioned):
    """Rows in partitions.

    Parameters
    ----------
    parts, graph, bounds, n_columns, dtype, name, large
        As of ``Partitioned``.
    sparse : bool, default=False
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
        super().__init__(parts, graph, bounds, n_columns, dtype, name=name, large=large)
        self._sparse = sparse
        self._n_stored: int | None = None
        self._validated = False

    @property
    def sparse(self) -> bool:
        """Whether chunks are sparse."""
        return self._sparse

    @property
    def n_stored(self) -> int:
        """Entries; of sparse rows estimated from the first partition."""
        n_rows, n_columns = self.shape
        if not self._sparse:
            return n_rows * n_columns
        if self._n_stored is None:
            (per_row,) = self.on_parts({0: stored_per_row})
            self._n_stored = int(per_row * n_rows)
        return self._n_stored

    @property
    def in_memory(self) -> bool:
        """False, also of one partition."""
        return False

    def state_from_array(self, array: Array) -> DaskState:
        """Send each part of an array to a worker."""
        name = unique("state")
        n_columns = None if array.ndim == 1 else array.shape[1]
        graph: Graph = {
            (name, i): np.ascontiguousarray(array[begin:end])
            for i, (begin, end) in enumerate(pairwise(self._bounds))
        }
        parts = [Partition(identity, (key,)) for key in graph]
        sent = evaluate(graph, list(graph), large=False)
        return self._state(parts, sent, n_columns, array.dtype)

    def map(
        self,
        function: Callable[[Any], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> DaskRows:
        """Return rows whose partitions the function changes when they are read."""
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
        """Return a copy of these rows; no others are sent."""
        cuts = np.searchsorted(indices, self._bounds)
        wanted: dict[int, Any] = {
            i: partial(take_kernel, indices=indices[begin:end] - self._bounds[i])
            for i, (begin, end) in enumerate(pairwise(cuts))
            if end > begin
        }
        blocks = self.on_parts(wanted or {0: partial(take_kernel, indices=indices)})
        if not self._sparse:
            return np.concatenate(blocks)
        matrices = [block.to_scipy() for block in blocks]
        return Csr.from_scipy(scipy.sparse.vstack(matrices, format="csr"))

    def transpose(self) -> RowSource:
        """Raise: partitions of rows do not hold whole columns."""
        raise ValueError(
            f"{self._name} is in partitions of a Dask collection, and its transpose "
            "is needed here: compute() it first, if it fits into memory"
        )

    def on_parts(self, kernels: Mapping[int, Kernel[Any, Any]]) -> list[Any]:
        """Return the results of kernels that run on some partitions, by number."""
        name = unique("latentia")
        graph: Graph = {}
        for i, kernel in kernels.items():
            key: Key = (f"kernel-{name}", i)
            graph[key] = literal(kernel)
            graph[f"run-{name}", i] = task_node(BlockTask(i, self._parts[i]), key)
        keys: list[Key] = [(f"run-{name}", i) for i in kernels]
        return self._fetch(list(self._evaluate(graph, keys).values()))

    def _run(self, kernel: Any, state: DaskState | None, *, writes: bool) -> Any:
        """Run a pass; the first one that succeeds has checked every chunk."""
        sums = super()._run(kernel, state, writes=writes)
        if not self._validated:
            self._parts = [part.validated() for part in self._parts]
            self._validated = True
        return sums
