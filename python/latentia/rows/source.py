"""The protocol of row sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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

Kernel = Callable[[Block, NDArray[Any] | None, int], S]
"""(block of rows, the same rows of a state, number of threads) -> sums.

It is a module's function, or ``functools.partial`` of one with what the pass is about:
so it can be sent to where the rows are.
"""


class RowSource(Protocol):
    """A matrix (n_rows × n_features) that can be read by blocks of rows.

    What belongs to its rows, a *state* such as U, W or labels, is a row source too,
    kept beside them in the same blocks.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64; of a state any type."""

    @property
    def sparse(self) -> bool:
        """Whether only some entries are stored: blocks are CSR tuples."""

    @property
    def n_stored(self) -> int:
        """Entries that a pass reads; for sparse rows elsewhere about as many."""

    @property
    def in_memory(self) -> bool:
        """Whether one block holds all rows: they can be read as columns too."""

    def reduce(
        self,
        kernel: Kernel[S],
        state: RowSource | None = None,
        *,
        writes: bool = False,
        n_threads: int = 1,
    ) -> S:
        """Run ``kernel`` on every block and add up its sums, as ``pairwise_sum`` does.

        Parameters
        ----------
        kernel : callable
            (block, rows of ``state``, n_threads) -> sums.
        state : RowSource, optional
            What the kernel reads row by row: made by ``empty_state`` or
            ``state_from_array``.
        writes : bool, default=False
            Whether the kernel writes to the state's rows as well.
        n_threads : int, default=1
            For the kernel, where the rows are in this process.
        """

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> RowSource:
        """Return a state of so many columns, not filled; ``None`` makes it (n_rows,).

        By default of the rows' own type.
        """

    def state_from_array(self, array: NDArray[Any]) -> RowSource:
        """Return a state that holds the numbers of an array (n_rows, ...)."""

    def random_state_rows(
        self,
        draw: Callable[[Any, int], NDArray[Any]],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> RowSource:
        """Return a state whose rows ``draw(random, n_rows)`` gives, block after block.

        A draw of all rows at once would give the same numbers.
        """

    def map(
        self,
        function: Callable[[Block], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> RowSource:
        """Return the rows with every block put through ``function``.

        It keeps their shape; ``sparse`` and ``dtype`` tell what kind of blocks it
        returns, by default of the rows' own type.
        """

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of the rows with these ascending numbers."""

    def transpose(self) -> RowSource:
        """Return the transpose; only rows that are ``in_memory`` have one."""

    def to_numpy(self) -> NDArray[Any]:
        """Return a state as an array in this process, for what is small."""

    def result(self) -> Any:
        """Return a state as users get it: an array, wherever it is kept."""


def pairwise_sum(sums: Iterable[S]) -> S:
    """Return the sum of all, in pairs: 0 + 1, 2 + 3, …, then pairs of pairs.

    The order depends on how many there are alone, and rounding grows with its
    logarithm. At any time as many sums are held as the number has binary digits.
    """
    pending: list[tuple[int, S]] = []  # (how many have been added up, their sum)
    for one in sums:
        count, total = 1, one
        while pending and pending[-1][0] == count:
            before = pending.pop()
            count, total = before[0] + count, before[1] + total
        pending.append((count, total))
    _, total = pending.pop()
    while pending:
        total = pending.pop()[1] + total
    return total
