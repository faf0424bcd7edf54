"""Rows in memory: one block, which the kernels divide into tiles for their threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows.block import Array, Block, Csr, stored_values, take_rows
from latentia.rows.kernel import Kernel, S, StateKernel
from latentia.rows.source import RowState, check_state

_DRAWN_ROWS = 1 << 16


@dataclass(frozen=True)
class MemoryRows:
    """A dense array or CSR matrix in memory, as the kernels read it.

    Attributes
    ----------
    block : ndarray of shape (n_rows, n_features) or Csr
    copied : bool
        Whether the input was converted: ``False`` means that the kernels read the
        memory of the caller.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows
    >>> rows = as_rows(np.ones((4, 3), dtype=np.float32))
    >>> type(rows).__name__, rows.copied
    ('MemoryRows', False)
    >>> as_rows([[1, 2], [3, 4]]).copied  # integers are converted
    True
    """

    block: Block
    copied: bool = False

    @property
    def array(self) -> Array:
        """The dense array.

        Raises
        ------
        TypeError
            If the rows are sparse.
        """
        if isinstance(self.block, Csr):
            raise TypeError("rows must be dense here, got sparse rows")
        return self.block

    @property
    def csr(self) -> Csr:
        """The CSR matrix.

        Raises
        ------
        TypeError
            If the rows are dense.
        """
        if not isinstance(self.block, Csr):
            raise TypeError("rows must be sparse here, got dense rows")
        return self.block

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        n_rows, n_features = self.block.shape
        return n_rows, n_features

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return stored_values(self.block).dtype

    @property
    def sparse(self) -> bool:
        """Whether the block is CSR."""
        return isinstance(self.block, Csr)

    @property
    def n_stored(self) -> int:
        """Entries in memory."""
        return stored_values(self.block).size

    @property
    def in_memory(self) -> bool:
        """True."""
        return True

    def reduce(self, kernel: Kernel[Block, S], *, n_threads: int = 1) -> S:
        """Run the kernel on the only block."""
        return kernel(self.block, n_threads)

    def reduce_with(
        self, kernel: StateKernel[Block, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run the kernel on the only block and the state."""
        return kernel(self.block, n_threads, check_state(state, MemoryState).array)

    def update(
        self, kernel: StateKernel[Block, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run a kernel that writes to the state."""
        return kernel(self.block, n_threads, check_state(state, MemoryState).array)

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> MemoryState:
        """Return an array whose values are not set."""
        return _empty(self.shape[0], n_columns, dtype or self.dtype)

    def state_from_array(self, array: Array) -> MemoryState:
        """Return the array itself as a state."""
        return MemoryState(array)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> MemoryState:
        """Draw a few rows at a time: random numbers are drawn in float64."""
        return _drawn(self.empty_state(n_columns, dtype), draw, random)

    def map(
        self,
        function: Callable[[Any], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> MemoryRows:
        """Return what the function makes of the block."""
        return MemoryRows(function(self.block), copied=True)

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of these rows."""
        return take_rows(self.block, indices)

    def transpose(self) -> MemoryRows:
        """Return the transpose: a view of dense rows, a sorted copy of sparse ones."""
        if not isinstance(self.block, Csr):
            return MemoryRows(self.block.T, self.copied)
        transposed = self.block.to_scipy().T.tocsr()
        return MemoryRows(Csr.from_scipy(transposed), copied=True)


@dataclass(frozen=True)
class MemoryState:
    """Results for each row in an array.

    Attributes
    ----------
    array : ndarray of shape (n_rows, n_columns) or (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, total
    >>> rows = as_rows(np.ones((4, 3)))
    >>> state = rows.state_from_array(np.arange(4.0))
    >>> type(state).__name__, total(state)
    ('MemoryState', (6.0, 4))
    """

    array: Array

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_columns); of one number a row (n_rows, 1)."""
        return len(self.array), 1 if self.array.ndim == 1 else self.array.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the array."""
        return self.array.dtype

    def reduce(self, kernel: Kernel[Array, S], *, n_threads: int = 1) -> S:
        """Run the kernel on the array."""
        return kernel(self.array, n_threads)

    def reduce_with(
        self, kernel: StateKernel[Array, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run the kernel on the array and another state."""
        return kernel(self.array, n_threads, check_state(state, MemoryState).array)

    def update(
        self, kernel: StateKernel[Array, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Run a kernel that writes to another state, or to this one."""
        return kernel(self.array, n_threads, check_state(state, MemoryState).array)

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> MemoryState:
        """Return an array of as many rows whose values are not set."""
        return _empty(len(self.array), n_columns, dtype or self.dtype)

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> MemoryState:
        """Draw a few rows at a time."""
        return _drawn(self.empty_state(n_columns, dtype), draw, random)

    def to_numpy(self) -> Array:
        """Return the array."""
        return self.array

    def result(self) -> Array:
        """Return the array."""
        return self.array


def _empty(n_rows: int, n_columns: int | None, dtype: Any) -> MemoryState:
    shape = (n_rows,) if n_columns is None else (n_rows, n_columns)
    return MemoryState(np.empty(shape, dtype=dtype))


def _drawn(
    state: MemoryState, draw: Callable[[Any, int], Array], random: Any
) -> MemoryState:
    for begin in range(0, len(state.array), _DRAWN_ROWS):
        some = state.array[begin : begin + _DRAWN_ROWS]
        some[:] = draw(random, len(some))
    return state
