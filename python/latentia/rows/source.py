"""The protocol of row sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Csr = tuple[NDArray[Any], NDArray[Any], NDArray[Any], int]
"""(row_start (m + 1), column (stored), value (stored), number of columns)."""

Block = NDArray[Any] | Csr
"""A run of rows as the kernels take it: a dense array or a CSR tuple."""


class Sums(Protocol):
    """What a pass adds up: anything with ``+``."""

    def __add__(self, other: Self, /) -> Self:
        """Return the sums of both blocks."""


S = TypeVar("S", bound=Sums)

Kernel = Callable[[Block, NDArray[Any] | None], S]
"""(block of rows, the same rows of ``row_state``) -> sums; may write its row state."""


class RowSource(Protocol):
    """A matrix (n_rows × n_features) that can be read by blocks of rows."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of the rows with these ascending numbers."""

    def reduce(self, kernel: Kernel[S], row_state: NDArray[Any] | None = None) -> S:
        """Run ``kernel`` on every block and add up its sums, in the blocks' order.

        Parameters
        ----------
        kernel : callable
            (block, rows of ``row_state``) -> sums.
        row_state : ndarray of shape (n_rows, ...), optional
            What the kernel reads or writes row by row; each call gets its block's rows.
        """
