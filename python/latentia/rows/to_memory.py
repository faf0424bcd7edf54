"""Arrays and sparse matrices as rows in memory, copied only where that is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils import check_array

from latentia._native import kernels
from latentia._sparse import is_plain_csr, well_formed
from latentia.rows.block import Csr
from latentia.rows.frames import frame_as_array, name_the_column
from latentia.rows.memory import MemoryRows

_MOST_COLUMNS = int(np.iinfo(np.int32).max)
"""The kernels read indices of columns as int32 numbers, also where int64 holds them."""


def memory_rows(X: Any, *, name: str = "X") -> MemoryRows:
    """Return ``X`` as rows in memory.

    C- and Fortran-ordered float32 and float64 arrays (memory maps too) and canonical
    CSR matrices with int32 or int64 indices are read without a copy. Anything else is
    converted once: other sparse formats to CSR, integers and booleans to float64,
    float16 to float32, other strides to C order. Repeated entries of a sparse matrix
    are added. Missing values of data frames (pandas, polars, Arrow) become NaN.

    Parameters
    ----------
    X : array-like, sparse matrix or data frame of shape (n_rows, n_features)
    name : str
        How error messages name it.

    Returns
    -------
    MemoryRows

    Raises
    ------
    TypeError, ValueError
        If it is not a real two-dimensional matrix with at least one row and column, if
        a sparse matrix is malformed, or if a column of a data frame has no numbers. NaN
        and infinity are found by ``summarise``.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import memory_rows
    >>> rows = memory_rows(np.ones((4, 2), dtype=np.float32))
    >>> rows.copied, rows.dtype.name
    (False, 'float32')
    """
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise TypeError(
            f"{name} must not be a masked array, whose mask would be lost: give "
            f"{name}.filled(np.nan), or fill it with another value"
        )
    given = X
    X = frame_as_array(X, name)
    if scipy.sparse.issparse(X) and not is_plain_csr(X):
        X = well_formed(X, name)
    matrix: Any = X
    if scipy.sparse.issparse(X) and matrix.dtype.kind in "biu":
        X = matrix.astype(np.float64)  # sums of repeated entries would wrap
    half = hasattr(type(X), "dtype") and X.dtype == np.float16
    with name_the_column(X, name):
        checked = check_array(
            X,
            accept_sparse="csr",
            dtype=np.float32 if half else (np.float64, np.float32),
            ensure_all_finite=False,
            input_name=name,
        )
    if scipy.sparse.issparse(checked):
        return _sparse(checked, X, name)
    return _dense(checked, given)


def _dense(array: NDArray[Any], original: Any) -> MemoryRows:
    steps = [s // array.itemsize for s in array.strides]
    readable = (
        array.flags.aligned
        and array.dtype.isnative
        and any(s % array.itemsize == 0 for s in array.strides)
        and (
            (steps[1] == 1 and steps[0] >= array.shape[1])
            or (steps[0] == 1 and steps[1] >= array.shape[0])
        )
    )
    if not readable:
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    shared = isinstance(original, np.ndarray) and np.shares_memory(array, original)
    return MemoryRows(array, copied=not shared)


def _sparse(matrix: Any, original: Any, name: str) -> MemoryRows:
    indptr, n_rows = matrix.indptr, matrix.shape[0]
    stored = min(len(matrix.indices), len(matrix.data))
    if len(indptr) != n_rows + 1 or not 0 <= indptr[-1] <= stored:
        raise ValueError(
            f"{name} is not a valid CSR matrix: its row pointer has {len(indptr)} "
            f"numbers for {n_rows} rows, or does not end at {stored}, the number of "
            "stored entries"
        )
    if matrix.shape[1] > _MOST_COLUMNS:
        raise ValueError(
            f"{name} must have at most {_MOST_COLUMNS} columns if it is sparse, got "
            f"{matrix.shape[1]}"
        )
    block = csr_block(matrix)
    malformed, canonical = kernels.csr_structure(block, len(block.indices))
    if malformed >= 0:
        raise ValueError(
            f"{name} is not a valid CSR matrix: row {malformed} has a bad row "
            f"pointer or a column index outside 0..{matrix.shape[1] - 1}"
        )
    if not canonical:
        matrix = matrix.copy()
        matrix.sum_duplicates()
        block = csr_block(matrix)
    shared = scipy.sparse.issparse(original) and np.shares_memory(
        block.data, getattr(original, "data", np.empty(0))
    )
    return MemoryRows(block, copied=not shared)


def csr_block(matrix: Any) -> Csr:
    """Return the arrays of a matrix, contiguous and of one index type."""
    index = np.result_type(matrix.indptr.dtype, matrix.indices.dtype)
    stored = int(matrix.indptr[-1])
    return Csr(
        np.ascontiguousarray(matrix.indptr, dtype=index),
        np.ascontiguousarray(matrix.indices[:stored], dtype=index),
        np.ascontiguousarray(matrix.data[:stored]),
        int(matrix.shape[1]),
    )
