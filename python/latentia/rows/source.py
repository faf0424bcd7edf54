"""The protocols of rows: what a pass needs, the input matrix, results for each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from latentia.rows.block import Array, Block
from latentia.rows.kernel import Kernel, S, StateKernel

B_co = TypeVar("B_co", covariant=True)
T = TypeVar("T")


class Rows(Protocol[B_co]):
    """A matrix (n_rows × n_columns) that passes read block by block.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, single_threaded
    >>> rows = as_rows(np.arange(6.0).reshape(3, 2))
    >>> @single_threaded
    ... def column_sums(block):
    ...     return block.sum(axis=0)
    >>> rows.reduce(column_sums)
    array([6., 9.])
    """

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_columns)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""

    def reduce(self, kernel: Kernel[B_co, S], *, n_threads: int = 1) -> S:
        """Return the sum of what the kernel returns for each block.

        It is that of ``pairwise_sum``. ``n_threads`` is for kernels that run in this
        process.
        """

    def reduce_with(
        self, kernel: StateKernel[B_co, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Reduce by a kernel that reads the same rows of a state as well.

        The state was made by ``empty_state``, ``state_from_array`` or
        ``random_state_rows`` of these rows.
        """

    def update(
        self, kernel: StateKernel[B_co, S], state: RowState, *, n_threads: int = 1
    ) -> S:
        """Reduce by a kernel that writes to the same rows of a state."""

    def empty_state(self, n_columns: int | None, dtype: Any = None) -> RowState:
        """Return a state whose values are not set yet; ``None`` makes it (n_rows,).

        By default it has the type of the rows.
        """

    def random_state_rows(
        self,
        draw: Callable[[Any, int], Array],
        random: Any,
        n_columns: int,
        dtype: Any = None,
    ) -> RowState:
        """Return a state whose rows are ``draw(random, n_rows)``, block after block.

        One draw of all rows would give the same numbers.
        """


class RowSource(Rows[Block], Protocol):
    """An input matrix (n_rows × n_features). Passes read it and do not change it.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows
    >>> rows = as_rows(np.eye(3))
    >>> rows.shape, rows.sparse, rows.in_memory
    ((3, 3), False, True)
    >>> rows.take(np.array([0, 2]))
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """

    @property
    def sparse(self) -> bool:
        """Whether blocks are CSR."""

    @property
    def n_stored(self) -> int:
        """Entries that a pass reads; of sparse partitions an estimate."""

    @property
    def in_memory(self) -> bool:
        """Whether one block holds all rows, so that columns can be read too."""

    def state_from_array(self, array: Array) -> RowState:
        """Return a state with the values of an array (n_rows, ...)."""

    def map(
        self,
        function: Callable[[Any], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> RowSource:
        """Return the rows with every block replaced by ``function(block)``.

        The function keeps the shape. ``sparse`` and ``dtype`` describe what it returns,
        which by default has the type of the rows.
        """

    def take(self, indices: NDArray[np.integer[Any]]) -> Block:
        """Return a copy of the rows with these ascending numbers."""

    def transpose(self) -> RowSource:
        """Return the transpose, if the rows are ``in_memory``."""


class RowState(Rows[Array], Protocol):
    """Results for each row, such as U, W or labels: dense, in the blocks of a source.

    Passes over a source read it and write to it. It can be read by passes itself.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, product
    >>> rows = as_rows(np.eye(3))
    >>> state = product(rows, np.ones((3, 1)))  # as many rows as the source
    >>> state.to_numpy().ravel()
    array([1., 1., 1.])
    """

    def to_numpy(self) -> Array:
        """Return the values as an array in this process."""

    def result(self) -> Any:
        """Return the values as users get them: an array, wherever it is stored."""


def check_state(state: RowState, kind: type[T]) -> T:
    """Return a state that is of the kind of its rows.

    Raises
    ------
    TypeError
        If rows of another kind made it.
    """
    if not isinstance(state, kind):
        raise TypeError(
            f"state must be a {kind.__name__} that these rows made, got "
            f"{type(state).__name__}"
        )
    return state
