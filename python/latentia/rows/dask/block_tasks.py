"""The tasks of a pass: run the kernel on a partition, add up the sums."""

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
from latentia.rows.dask.graph import Graph, has_client, literal
from latentia.rows.dask.partitions import Partition
from latentia.rows.memory import length, take_rows
from latentia.rows.source import Block, pairwise_sum

FAN_IN = 8
"""Sums that one task adds up: a power of 2, to keep the order of ``pairwise_sum``."""

SMALL = 512 << 10
"""Bytes up to which a kernel goes along with every task, all of them together."""

NAMED = (OSError, TypeError, ValueError, MemoryError)
"""Kinds of error that are kept when the partition is named."""


class FailedError(Exception):
    """What went wrong in a partition's task; the arguments survive any journey."""

    def __init__(self, number: int, cause: Exception):
        super().__init__(number, cause)
        self.number = number
        self.cause = cause


@dataclass(frozen=True)
class BlockTask:
    """A partition's task: (kernel, inputs of the rows, inputs of the state) -> sums.

    With ``writes`` -> (sums, the new part of the state).
    """

    number: int
    rows: Partition
    state: Partition | None = None
    writes: bool = False

    def __call__(self, kernel: Any, *values: Any) -> Any:
        """Run the kernel, by one thread if the worker's environment says nothing."""
        try:
            return self._run(kernel, values)
        except Exception as error:
            raise FailedError(self.number, _portable(error)) from error

    def _run(self, kernel: Any, values: tuple[Any, ...]) -> Any:
        n_rows_inputs = len(self.rows.inputs)
        block = self.rows.load(*values[:n_rows_inputs])
        threads = n_threads() if os.environ.get("LATENTIA_NUM_THREADS") else 1
        if self.state is None:
            return kernel(block, None, threads)
        state = self.state.load(*values[n_rows_inputs:])
        if not self.writes:
            return kernel(block, state, threads)
        if self.state.inputs:
            # A task must not change what it is given: it may be run a second time.
            state = np.array(state, order="C")
        return kernel(block, state, threads), state


def _portable(error: Exception) -> Exception:
    """Return the error, or what it says if it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def chunk_shape(chunk: Any, _: Any, __: int) -> tuple[int, ...]:
    """Return the shape of a chunk as the caller has it."""
    return np.shape(chunk)


def stored_per_row(block: Block, _: Any, __: int) -> float:
    """Return how many entries a row of a sparse block has on average."""
    assert isinstance(block, tuple)
    return len(block[2]) / length(block)


def cause_of(error: Exception) -> Exception:
    """Return what went wrong in a task, or with it."""
    return error.cause if isinstance(error, FailedError) else error


def named(failed: Exception, name: str, bounds: NDArray[np.int64]) -> Exception:
    """Return the error as users get it: of the original's kind, naming the rows."""
    if not isinstance(failed, FailedError):
        return RuntimeError(
            f"{name}: a pass could not be made: {type(failed).__name__}: {failed}. Was "
            "a worker lost that had data of which no other knows how to compute it "
            "(such as scattered data), or was the client closed?"
        )
    kind = next((k for k in NAMED if isinstance(failed.cause, k)), RuntimeError)
    begin, end = bounds[failed.number : failed.number + 2]
    # Where chunks are measured their rows are not known yet.
    where = f" (rows {begin} to {end - 1})" if end > begin else ""
    what = str(failed.cause)
    if kind is RuntimeError and type(failed.cause) is not RuntimeError:
        what = f"{type(failed.cause).__name__}: {what}"
    return kind(f"{name}: block {failed.number}{where} failed: {what}")


def kernel_node(kernel: Any, key: Key, n_tasks: int) -> tuple[Graph, Any]:
    """Return a graph with the kernel, and what tasks take: its key.

    A small one is better sent along with each task: a node of its own takes Dask
    longer, by a step of the scheduler, than tasks take that read little.
    """
    if has_client():
        sent = cloudpickle.dumps(kernel)
        if len(sent) * n_tasks <= SMALL:
            return {}, PickledKernel(sent)
    return {key: literal(kernel)}, key


@dataclass(frozen=True)
class PickledKernel:
    """A kernel that has been pickled once for all tasks."""

    pickled: bytes

    def __call__(self, *given: Any) -> Any:
        """Run it."""
        return pickle.loads(self.pickled)(*given)


def run_task(run: BlockTask, kernel: Any) -> tuple[Any, ...]:
    """Return the node that runs it with a kernel: a key, or one that is sent along."""
    state = run.state.inputs if run.state else ()
    return run, kernel, *run.rows.inputs, *state


def add_tree(graph: Graph, sums: list[Key], name: str) -> Key:
    """Add tasks that add up, and return the key of the total."""
    level = 0
    while len(sums) > 1:
        groups = [sums[i : i + FAN_IN] for i in range(0, len(sums), FAN_IN)]
        sums = []
        for i, group in enumerate(groups):
            graph[f"add-{name}", level, i] = (pairwise_sum, group)
            sums.append((f"add-{name}", level, i))
        level += 1
    return sums[0]


def take_kernel(
    block: Block, _: NDArray[Any] | None, __: int, *, indices: NDArray[Any]
) -> Any:
    """Return a copy of these rows of a block."""
    return take_rows(block, indices)
