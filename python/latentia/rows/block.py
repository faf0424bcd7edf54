"""A run of rows as the kernels take it: a dense array, or CSR."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Array = NDArray[Any]


class Csr(NamedTuple):
    """Sparse rows: row r has the entries ``indptr[r]`` to ``indptr[r + 1]``.

    Attributes
    ----------
    indptr : ndarray of shape (n_rows + 1,)
    indices : ndarray of shape (n_entries,)
        Columns, ascending in each row, of the type of ``indptr``.
    data : ndarray of shape (n_entries,)
    n_columns : int

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from latentia.rows import Csr
    >>> block = Csr.from_scipy(csr_array(np.array([[0.0, 2.0], [1.0, 0.0]])))
    >>> block.shape, block.data.tolist()
    ((2, 2), [2.0, 1.0])
    """

    indptr: Array
    indices: Array
    data: Array
    n_columns: int

    @classmethod
    def from_scipy(cls, matrix: Any) -> Self:
        """Return the arrays of a SciPy CSR matrix."""
        return cls(matrix.indptr, matrix.indices, matrix.data, int(matrix.shape[1]))

    def to_scipy(self) -> Any:
        """Return a SciPy CSR array that shares the arrays."""
        return csr_array((self.data, self.indices, self.indptr), shape=self.shape)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_columns)."""
        return len(self.indptr) - 1, self.n_columns


Block = Array | Csr
"""A run of rows."""


def length(block: Block) -> int:
    """Return how many rows a block has.

    Parameters
    ----------
    block : ndarray or Csr

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import length
    >>> length(np.ones((7, 2)))
    7
    """
    return len(block.indptr) - 1 if isinstance(block, Csr) else len(block)


def stored_values(block: Block) -> Array:
    """Return the entries that are stored: of a dense block all.

    Parameters
    ----------
    block : ndarray or Csr

    Returns
    -------
    ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from latentia.rows import Csr, stored_values
    >>> stored_values(Csr.from_scipy(csr_array(np.array([[0.0, 2.0], [1.0, 0.0]]))))
    array([2., 1.])
    """
    return block.data if isinstance(block, Csr) else block


def take_rows(block: Block, indices: NDArray[np.integer[Any]]) -> Block:
    """Return a copy of these rows of a block."""
    if isinstance(block, Csr):
        return Csr.from_scipy(block.to_scipy()[indices])
    return np.ascontiguousarray(block[indices])


def run_of_rows(block: Block, begin: int, end: int) -> Block:
    """Return the rows from ``begin`` to before ``end``; nothing large is copied."""
    if not isinstance(block, Csr):
        return block[begin:end]
    first, last = block.indptr[begin], block.indptr[end]
    return Csr(
        block.indptr[begin : end + 1] - first,
        block.indices[first:last],
        block.data[first:last],
        block.n_columns,
    )
