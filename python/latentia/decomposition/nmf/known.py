"""Which entries are known: rows that store these alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import Block, Csr, RowSource, single_threaded

Array = NDArray[Any]


def known_entries(rows: RowSource, missing: str | None, where: str) -> RowSource:
    """Return the rows without what is NaN, or raise if that may not be.

    ``where`` tells of the first NaN.
    """
    if missing is None:
        raise ValueError(
            f"X contains NaN at {where}; NMF(missing='nan') takes NaN for an unknown "
            "entry"
        )
    if rows.sparse and missing == "nan":
        raise ValueError(
            f"X is sparse and contains NaN at {where}: with missing='nan' what it does "
            "not store is zero, and known. Use missing='unobserved' or X.toarray()"
        )
    return rows.map(_without_nan, sparse=True)


def _without_nan(block: Block) -> Csr:
    if isinstance(block, Csr):
        return only(block, ~np.isnan(block.data))
    m, n = block.shape
    known = ~np.isnan(block)
    count = int(known.sum())
    index = np.int32 if max(count, n) < 2**31 else np.int64
    start = np.zeros(m + 1, dtype=index)
    np.cumsum(known.sum(axis=1), out=start[1:])
    columns = np.broadcast_to(np.arange(n, dtype=index), block.shape)[known]
    return Csr(start, columns, np.ascontiguousarray(block[known]), n)


def only(entries: Csr, kept: Array) -> Csr:
    """Return the stored entries for which ``kept`` (stored,) is true."""
    indptr, columns, values, n = entries
    before = np.concatenate([[0], np.cumsum(kept)])
    start = before[indptr].astype(indptr.dtype)
    return Csr(start, columns[kept], values[kept], n)


def count_in_columns(rows: RowSource) -> Array:
    """Return how many entries each column of sparse rows stores (n,)."""
    return rows.reduce(partial(_count_in_columns, n=rows.shape[1]))


@single_threaded
def _count_in_columns(block: Csr, *, n: int) -> Array:
    return np.bincount(block.indices, minlength=n)
