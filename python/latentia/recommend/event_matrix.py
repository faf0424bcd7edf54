"""The sparse matrix of events: sums of events, or a matrix that was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia.recommend.ids import Array, plain
from latentia.rows import memory_rows


def sum_events(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: Array | None,
    times: Array | None,
    shape: tuple[int, int],
    users: Array,
    items: Array,
) -> tuple[Any, Array | None]:
    """Return the matrix of sums, and the last time of each stored pair."""
    dtype = np.dtype(np.float32) if values is None else values.dtype
    weights = np.ones(len(rows)) if values is None else values.astype(np.float64)
    if times is None:
        summed = scipy.sparse.coo_array((weights, (rows, columns)), shape=shape).tocsr()
        summed.sum_duplicates()
        last = None
    else:
        order = np.lexsort((times, columns, rows))
        rows, columns, times = rows[order], columns[order], times[order]
        new = np.ones(len(rows), dtype=bool)  # the first event of a pair
        new[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
        begin = np.flatnonzero(new)
        totals = np.add.reduceat(weights[order], begin) if len(begin) else weights[:0]
        last = times[np.append(begin[1:], len(rows)) - 1] if len(begin) else times
        indptr = np.concatenate(
            [[0], np.cumsum(np.bincount(rows[new], minlength=shape[0]))]
        )
        index = np.int32 if max(*shape, len(rows)) < 2**31 else np.int64
        summed = scipy.sparse.csr_array(
            (totals, columns[new].astype(index), indptr.astype(index)), shape=shape
        )
    with np.errstate(over="ignore"):
        data = summed.data.astype(dtype)
    if not np.isfinite(data).all():
        where = int((~np.isfinite(data)).argmax())
        row = int(np.searchsorted(summed.indptr, where, side="right")) - 1
        raise ValueError(
            f"the sum of the values of user {plain(users[row])!r} and item "
            f"{plain(items[summed.indices[where]])!r} does not fit in {dtype.name}"
        )
    matrix = scipy.sparse.csr_array(
        (data, summed.indices, summed.indptr), shape=summed.shape
    )
    return matrix, last


def checked_matrix(matrix: Any, *, keep_zeros: bool) -> Any:
    """Return a sparse matrix as canonical CSR of float32 or float64, or raise."""
    is_sparse: bool = scipy.sparse.issparse(matrix)
    if not is_sparse:
        raise TypeError(
            "the matrix must be a SciPy sparse matrix of users × items, got "
            f"{type(matrix).__name__}: Interactions.from_frame and from_arrays take "
            "events, scipy.sparse.csr_array converts an array of users × items"
        )
    if matrix.dtype.kind in "biu":
        matrix = matrix.astype(np.float32)
    csr = memory_rows(matrix, name="the matrix").csr.to_scipy()
    wrong = ~(np.isfinite(csr.data) & (csr.data >= 0))
    if wrong.any():
        where = int(wrong.argmax())
        row = int(np.searchsorted(csr.indptr, where, side="right")) - 1
        raise ValueError(
            "entries of the matrix must be finite and not negative, got "
            f"{csr.data[where]} in row {row}, column {csr.indices[where]}"
        )
    if not keep_zeros and not csr.data.all():
        csr = csr.copy()
        csr.eliminate_zeros()
    return csr
