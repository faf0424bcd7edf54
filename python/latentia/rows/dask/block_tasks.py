"""The tasks of a pass: run the kernel on a partition, add the sums."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from typing import Any

import cloudpickle
import numpy as np
from dask.typing import Key
from numpy.typing import NDArray

from latentia._threads import n_threads
from latentia.rows.block import Block, Csr, length, take_rows
from latentia.rows.dask.graph import Graph, has_client, literal
from latentia.rows.dask.partitions import Partition
from latentia.rows.kernel import pairwise_sum, single_threaded

FAN_IN = 8
"""Sums that one task adds: a power of 2, to keep the order of ``pairwise_sum``."""

SMALL = 512 << 10
"""Bytes, of all tasks together, up to which each task has a copy of the kernel."""

NAMED = (OSError, TypeError, ValueError, MemoryError)
"""Kinds of error that stay the same when the partition is named."""


class FailedError(Exception):
    """An error in the task of a partition; its arguments can be pickled."""

    def __init__(self, number: int, cause: Exception):
        super().__init__(number, cause)
        self.number = number
        self.cause = cause


@dataclass(frozen=True)
class BlockTask:
    """The task of a partition: (kernel, inputs of rows, inputs of state) -> sums.

    With ``writes`` -> (sums, the new part of the state).
    """

    number: int
    rows: Partition
    state: Partition | None = None
    writes: bool = False

    def __call__(self, kernel: Any, *values: Any) -> Any:
        """Run the kernel, on one thread unless LATENTIA_NUM_THREADS is set there."""
        try:
            return self._run(kernel, values)
        except Exception as error:
            raise FailedError(self.number, _portable(error)) from error

    def _run(self, kernel: Any, values: tuple[Any, ...]) -> Any:
        n_rows_inputs = len(self.rows.inputs)
        block = self.rows.load(*values[:n_rows_inputs])
        threads = n_threads() if os.environ.get("LATENTIA_NUM_THREADS") else 1
        if self.state is None:
            return kernel(block, threads)
        state = self.state.load(*values[n_rows_inputs:])
        if not self.writes:
            return kernel(block, threads, state)
        if self.state.inputs:
            # A task must not change its inputs: it may run a second time.
            state = np.array(state, order="C")
        return kernel(block, threads, state), state


def _portable(error: Exception) -> Exception:
    """Return the error, or its text if it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@single_threaded
def chunk_shape(chunk: Any) -> tuple[int, ...]:
    """Return the shape of a chunk of the caller."""
    return np.shape(chunk)


@single_threaded
def stored_per_row(block: Csr) -> float:
    """Return how many entries a row of a sparse block has on average."""
    return len(block.data) / length(block)


def cause_of(error: Exception) -> Exception:
    """Return the original error of a task."""
    return error.cause if isinstance(error, FailedError) else error


def named(failed: Exception, name: str, bounds: NDArray[np.int64]) -> Exception:
    """Return the error that users get: of the original kind, naming the rows."""
    if not isinstance(failed, FailedError):
        return RuntimeError(
            f"{name}: a pass failed: {type(failed).__name__}: {failed}. Was a "
            "worker lost whose data cannot be computed again (such as scattered data), "
            "or was the client closed?"
        )
    kind = next((k for k in NAMED if isinstance(failed.cause, k)), RuntimeError)
    begin, end = bounds[failed.number : failed.number + 2]
    # While the sizes of chunks are found, their rows are not known yet.
    where = f" (rows {begin} to {end - 1})" if end > begin else ""
    what = str(failed.cause)
    if kind is RuntimeError and type(failed.cause) is not RuntimeError:
        what = f"{type(failed.cause).__name__}: {what}"
    return kind(f"{name}: block {failed.number}{where} failed: {what}")


def kernel_node(kernel: Any, key: Key, n_tasks: int) -> tuple[Graph, Any]:
    """Return a graph with the kernel, and its key, which tasks take.

    On a cluster a small kernel is sent with each task instead: a node of its own costs
    a step of the scheduler, which is longer than a task that reads little.
    """
    if has_client():
        pickled = cloudpickle.dumps(kernel)
        if len(pickled) * n_tasks <= SMALL:
            return {}, PickledKernel(pickled)
    return {key: literal(kernel)}, key


@dataclass(frozen=True)
class PickledKernel:
    """A kernel that was pickled once for all tasks."""

    pickled: bytes

    def __call__(self, *arguments: Any) -> Any:
        """Run it."""
        return pickle.loads(self.pickled)(*arguments)


def task_node(task: BlockTask, kernel: Any) -> tuple[Any, ...]:
    """Return the node of a task with a kernel: its key, or a pickled one."""
    state = task.state.inputs if task.state else ()
    return task, kernel, *task.rows.inputs, *state


def add_tree(graph: Graph, sums: list[Key], name: str) -> Key:
    """Put tasks that add the sums into the graph; return the key of the total."""
    level = 0
    while len(sums) > 1:
        groups = [sums[i : i + FAN_IN] for i in range(0, len(sums), FAN_IN)]
        sums = []
        for i, group in enumerate(groups):
            graph[f"add-{name}", level, i] = (pairwise_sum, group)
            sums.append((f"add-{name}", level, i))
        level += 1
    return sums[0]


@single_threaded
def take_kernel(block: Block, *, indices: NDArray[Any]) -> Any:
    """Return a copy of these rows of a block."""
    return take_rows(block, indices)
