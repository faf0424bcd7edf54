"""Rows in memory: one block, which the kernels tile over threads themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from latentia.rows.source import Block, Kernel, S


@dataclass(frozen=True)
class MemoryRows:
    """A dense array or CSR matrix in memory, as the kernels read it.

    Attributes
    ----------
    block : ndarray of shape (n_rows, n_features) or CSR tuple
    copied : bool
        Whether the input had to be converted: ``False`` means that the kernels read the
        caller's own memory.
    """

    block: Block
    copied: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        if isinstance(self.block, tuple):
            return len(self.block[0]) - 1, self.block[3]
        return self.block.shape[0], self.block.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return (
            self.block[2].dtype if isinstance(self.block, tuple) else self.block.dtype
        )

    @property
    def sparse(self) -> bool:
        """Whether only some entries are stored."""
        return isinstance(self.block, tuple)

    @property
    def n_stored(self) -> int:
        """Entries in memory."""
        return len(self.block[2]) if isinstance(self.block, tuple) else self.block.size

    def reduce(self, kernel: Kernel[S], row_state: NDArray[Any] | None = None) -> S:
        """Run the kernel on the one block there is."""
        return kernel(self.block, row_state)

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of these rows."""
        if not isinstance(self.block, tuple):
            return np.ascontiguousarray(self.block[indices])
        row_start, column, value, n_features = self.block
        taken = csr_array((value, column, row_start), shape=self.shape)[indices]
        return taken.indptr, taken.indices, taken.data, n_features

    def transpose(self) -> MemoryRows:
        """Return the transpose: dense rows where they lie, sparse ones sorted anew."""
        if not isinstance(self.block, tuple):
            return MemoryRows(self.block.T, self.copied)
        row_start, column, value, _ = self.block
        turned = csr_array((value, column, row_start), shape=self.shape).T.tocsr()
        parts = (turned.indptr, turned.indices, turned.data)
        return MemoryRows((*parts, self.shape[0]), copied=True)
