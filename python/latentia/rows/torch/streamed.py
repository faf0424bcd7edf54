"""Rows outside the memory of a device, whose blocks go there one after the other.

While the device works on a block, the next one is copied to it: from pinned memory, in
a stream of its own. Results for each row (U, W, labels) stay in this process, as those
of ``ChunkedRows``: they can be larger than the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentia._arguments import check_choice
from latentia.rows.block import Array, Block, Csr
from latentia.rows.chunked.blocked_rows import ChunkedRows
from latentia.rows.chunked.blocked_state import ChunkedState
from latentia.rows.kernel import Kernel, S, StateKernel, pairwise_sum
from latentia.rows.memory import MemoryRows
from latentia.rows.source import RowSource, RowState, check_state
from latentia.rows.torch.source import Precision, TorchRows, pass_settings
from latentia.rows.torch.sparse import csr_of
from latentia.rows.torch.transfer import TORCH, download, upload


@dataclass(frozen=True, repr=False)
class StreamedRows:
    """Rows that are read block by block, and reduced on a device.

    Attributes
    ----------
    rows : ChunkedRows
    device : torch.device
    precision : {"highest", "tf32"}
        As of ``TorchRows``.
    """

    rows: ChunkedRows
    device: torch.device
    precision: Precision = "highest"

    def __repr__(self) -> str:
        return f"{self.rows!r} on {self.device}"

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        return self.rows.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the blocks."""
        return self.rows.dtype

    @property
    def sparse(self) -> bool:
        """Whether blocks are CSR."""
        return self.rows.sparse

    @property
    def n_stored(self) -> int:
        """Entries that a pass reads."""
        return self.rows.n_stored

    @property
    def in_memory(self) -> bool:
        """False."""
        return False

    def reduce(self, kernel: Kernel[Any, S], *, n_threads: int = 1) -> S:
        """Run the kernel on block after block, on the device."""
        with self._settings(n_threads), closing(self._blocks()) as blocks:
            total: S = pairwise_sum(kernel(block, n_threads) for block in blocks)
        return total

    def reduce_with(
        self, kernel: StateKernel[Any, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run the kernel on block after block and the same rows of a state."""
        total: S = self._with_state(kernel, state, n_threads, writes=False)
        return total

    def update(
        self, kernel: StateKernel[Any, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run a kernel that writes to a state, whose rows are copied back."""
        total: S = self._with_state(kernel, state, n_threads, writes=True)
        return total

    def _with_state(
        self, kernel: Any, state: RowState, n_threads: int, *, writes: bool
    ) -> Any:
        of_state = check_state(state, ChunkedState).blocks()

        def sums() -> Iterator[Any]:
            with closing(self._blocks()) as blocks:
                for rows, block in zip(of_state, blocks, strict=True):
                    there: Any = self._moved(rows)
                    yield kernel(block, n_threads, there)
                    if writes:
                        rows[...] = download(there)

        with self._settings(n_threads):
            return pairwise_sum(sums())

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> ChunkedState:
        """Return an array in this process, within the memory budget."""
        return self.rows.empty_state(n_columns, dtype)

    def state_from_array(self, array: Array) -> ChunkedState:
        """Return the array itself as a state."""
        return self.rows.state_from_array(array)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> ChunkedState:
        """Draw block after block."""
        return self.rows.random_state_rows(draw, random, n_columns, dtype)

    def map(
        self,
        function: Callable[[Any], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> StreamedRows:
        """Return rows whose blocks the function changes before they are copied."""
        mapped = self.rows.map(function, sparse=sparse, dtype=dtype)
        return replace(self, rows=mapped)

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of these rows in this process."""
        return self.rows.take(indices)

    def transpose(self) -> RowSource:
        """Raise: blocks of rows do not hold whole columns."""
        return self.rows.transpose()

    def _settings(self, n_threads: int) -> Any:
        return pass_settings(self.device, self.precision, n_threads)

    def _moved(self, array: Array) -> Tensor:
        return upload(array, torch.empty(0, device=self.device))

    def _blocks(self) -> Any:
        """Yield the blocks on the device; the next one is copied meanwhile."""
        with closing(self.rows.blocks()) as blocks:
            if self.device.type != "cuda":
                for block in blocks:
                    yield _each_part(block, self._moved)
                return
            copy = _Copies(self.device)
            ahead: Any = None
            for block in blocks:
                following = copy.begin(block)
                if ahead is not None:
                    yield copy.end(ahead)
                ahead = following
            if ahead is not None:
                yield copy.end(ahead)


class _Copies:
    """Copies to a CUDA device in a stream of their own."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream: Any = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def begin(self, block: Block) -> Any:
        """Begin to copy a block."""
        return _each_part(block, self._begin)

    def _begin(self, array: Array) -> Tensor:
        kind = TORCH[array.dtype]
        pinned = torch.empty(array.shape, dtype=kind, device="cpu", pin_memory=True)
        pinned.numpy()[...] = array
        with torch.cuda.stream(self._stream):
            return pinned.to(self._device, non_blocking=True)

    def end(self, block: Any) -> Any:
        """Let the device's work wait for a block; return it."""
        work = torch.cuda.current_stream(self._device)
        work.wait_stream(self._stream)
        parts: Any = block[:3] if isinstance(block, Csr) else (block,)
        for part in parts:
            part.record_stream(work)
        return block


def _each_part(block: Block, function: Callable[[Array], Tensor]) -> Any:
    if not isinstance(block, Csr):
        return function(block)
    indptr, indices, data = (function(part) for part in block[:3])
    return csr_of(indptr, indices, data, block.n_columns)


def on_device(
    rows: RowSource, device: Any, precision: str = "highest"
) -> TorchRows | StreamedRows:
    """Return rows in memory or in blocks as rows on a device.

    Results for each row are arrays of NumPy, as of the rows themselves.

    Raises
    ------
    TypeError, ValueError
        If PyTorch sees no such device here, or the rows are elsewhere.
    """
    place = check_device(device)
    check_choice(precision, "precision", ("highest", "tf32"))
    wanted: Precision = "tf32" if precision == "tf32" else "highest"
    if isinstance(rows, ChunkedRows):
        return StreamedRows(rows, place, wanted)
    if not isinstance(rows, MemoryRows):
        raise TypeError(
            f"device={device!r} needs rows in memory or read by blocks, got "
            f"{type(rows).__name__}"
        )
    like = torch.empty(0, device=place)
    block = _each_part(rows.block, lambda array: upload(array, like))
    return TorchRows(block, wanted, download)


def check_device(device: Any) -> torch.device:
    """Return the device, or raise if PyTorch does not see it here."""
    try:
        place = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"device must be a device of PyTorch, such as 'cuda' or 'cpu', got "
            f"{device!r}"
        ) from error
    if place.type == "cuda":
        n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (place.index or 0) >= n_devices:
            raise ValueError(
                f"device={device!r}: PyTorch sees {n_devices} CUDA devices here"
            )
    elif place.type != "cpu":
        raise ValueError(f"device must be 'cpu' or 'cuda', got {device!r}")
    return place
