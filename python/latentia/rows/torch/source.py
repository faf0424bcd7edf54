"""Rows in a tensor: one block, on any device, that kernels of torch operations read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentia.rows.block import Array, Block, Csr
from latentia.rows.kernel import Kernel, S, StateKernel
from latentia.rows.source import RowState, check_state
from latentia.rows.torch.sparse import TensorCsr, transposed_of, values_of
from latentia.rows.torch.transfer import NUMPY, TORCH, download, upload

Precision = Literal["highest", "tf32"]

_DRAWN_ROWS = 1 << 16


@dataclass(frozen=True, repr=False)
class TorchRows:
    """A dense tensor or a CSR matrix of tensors, on one device.

    Attributes
    ----------
    block : Tensor of shape (n_rows, n_features) or Csr of tensors
    precision : {"highest", "tf32"}
        Whether products of float32 numbers on CUDA may round them to 10 bits.
    deliver : callable, optional
        Makes of a tensor what users get as results for each row.
    """

    block: Any
    precision: Precision = "highest"
    deliver: Callable[[Tensor], Any] | None = None

    def __repr__(self) -> str:
        n_rows, n_features = self.shape
        return f"<rows on {self.device}: {n_rows} × {n_features} {self.dtype}>"

    @property
    def device(self) -> torch.device:
        """Where the rows are."""
        return self._values.device

    @property
    def _values(self) -> Tensor:
        return values_of(self.block)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        n_rows, n_features = self.block.shape
        return int(n_rows), int(n_features)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return NUMPY[self._values.dtype]

    @property
    def sparse(self) -> bool:
        """Whether the block is CSR."""
        return isinstance(self.block, Csr)

    @property
    def n_stored(self) -> int:
        """Entries in memory."""
        return self._values.numel()

    @property
    def in_memory(self) -> bool:
        """True."""
        return True

    def reduce(self, kernel: Kernel[Any, S], *, n_threads: int = 1) -> S:
        """Run the kernel on the only block."""
        with pass_settings(self.device, self.precision, n_threads):
            return kernel(self.block, n_threads)

    def reduce_with(
        self, kernel: StateKernel[Any, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run the kernel on the only block and the state."""
        values: Any = check_state(state, TorchState).array
        with pass_settings(self.device, self.precision, n_threads):
            return kernel(self.block, n_threads, values)

    def update(
        self, kernel: StateKernel[Any, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run a kernel that writes to the state."""
        return self.reduce_with(kernel, state, n_threads=n_threads)

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> TorchState:
        """Return a tensor on the device whose values are not set."""
        return self._state.empty(self.shape[0], n_columns, dtype or self.dtype)

    def state_from_array(self, array: Any) -> TorchState:
        """Return a copy of the array on the device as a state."""
        return self._state.holding(upload(array, self._values))

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> TorchState:
        """Draw a few rows at a time, as for an array: the same numbers."""
        return self.empty_state(n_columns, dtype).drawn(draw, random)

    def map(
        self,
        function: Callable[[Any], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> TorchRows:
        """Return what the function makes of the block."""
        with torch.no_grad():
            block = function(self.block)
        return TorchRows(_whole(block), self.precision, self.deliver)

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of these rows in this process."""
        places = upload(indices, self._values, torch.int64)
        if not isinstance(self.block, Csr):
            return download(self.block[places])
        indptr: Any = self.block.indptr
        begin, end = indptr[places], indptr[places + 1]
        counts = end - begin
        before = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        total = int(before[-1])
        of_entry = torch.repeat_interleave(begin - before[:-1], counts)
        entries = of_entry + torch.arange(total, device=of_entry.device)
        return Csr(
            download(before).astype(NUMPY[indptr.dtype]),
            download(self.block.indices[entries]),
            download(self.block.data[entries]),
            self.block.n_columns,
        )

    def transpose(self) -> TorchRows:
        """Return the transpose: a view of dense rows, a copy of sparse ones."""
        block = self.block
        turned = transposed_of(block) if isinstance(block, Csr) else block.T
        return TorchRows(turned, self.precision, self.deliver)

    @property
    def _state(self) -> TorchState:
        """A state without rows, from which others are made."""
        empty = self._values.new_empty(0)
        return TorchState(empty, self.precision, self.deliver)


@dataclass(frozen=True, repr=False)
class TorchState:
    """Results for each row in a tensor.

    Attributes
    ----------
    array : Tensor of shape (n_rows, n_columns) or (n_rows,)
    precision, deliver
        Those of the rows.
    """

    array: Tensor
    precision: Precision = "highest"
    deliver: Callable[[Tensor], Any] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_columns); of one number a row (n_rows, 1)."""
        return len(self.array), 1 if self.array.ndim == 1 else self.array.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the tensor."""
        return NUMPY[self.array.dtype]

    def reduce(self, kernel: Kernel[Any, S], *, n_threads: int = 1) -> S:
        """Run the kernel on the tensor."""
        with pass_settings(self.array.device, self.precision, n_threads):
            return kernel(self.array, n_threads)

    def reduce_with(
        self, kernel: StateKernel[Any, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run the kernel on the tensor and another state."""
        other: Any = check_state(state, TorchState).array
        with pass_settings(self.array.device, self.precision, n_threads):
            return kernel(self.array, n_threads, other)

    def update(
        self, kernel: StateKernel[Any, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run a kernel that writes to another state, or to this one."""
        return self.reduce_with(kernel, state, n_threads=n_threads)

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> TorchState:
        """Return another state of the same rows, whose values are not set."""
        return self.empty(len(self.array), n_columns, dtype or self.dtype)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> TorchState:
        """Draw a few rows at a time."""
        return self.empty_state(n_columns, dtype).drawn(draw, random)

    def to_numpy(self) -> Array:
        """Return the values as an array in this process."""
        return download(self.array)

    def result(self) -> Any:
        """Return the tensor, or what the caller's library calls an array."""
        return self.array if self.deliver is None else self.deliver(self.array)

    def holding(self, values: Tensor) -> TorchState:
        """Return a state with these values."""
        return TorchState(values, self.precision, self.deliver)

    def empty(self, n_rows: int, n_columns: int | None, dtype: Any) -> TorchState:
        """Return a state of so many rows on the same device."""
        shape = (n_rows,) if n_columns is None else (n_rows, n_columns)
        kind = TORCH[np.dtype(dtype)]
        return self.holding(torch.empty(shape, dtype=kind, device=self.array.device))

    def drawn(self, draw: Callable[[Any, int], Array], random: Any) -> TorchState:
        """Set the values: random numbers are drawn in float64 in this process."""
        for begin in range(0, len(self.array), _DRAWN_ROWS):
            some = self.array[begin : begin + _DRAWN_ROWS]
            some.copy_(upload(draw(random, len(some)), some, some.dtype))
        return self


@contextmanager
def pass_settings(
    device: torch.device, precision: Precision, n_threads: int
) -> Iterator[None]:
    """Keep no graph, use so many threads, and TF32 only if it was asked for.

    Autocast of the caller is off: it would round products to half the digits.
    """
    flags, threads = torch.backends.cuda.matmul, torch.get_num_threads()
    before = flags.allow_tf32
    try:
        flags.allow_tf32 = precision == "tf32"
        if device.type == "cpu" and n_threads < threads:
            torch.set_num_threads(n_threads)
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            yield
    finally:
        flags.allow_tf32 = before
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


def _whole(block: Any) -> Any:
    return TensorCsr(*block) if isinstance(block, Csr) else block
