"""Which entries are observed: rows that store these entries and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows import Block, Csr, RowSource
from latentia.rows.backend import on_host

Array = NDArray[Any]


def observed_entries(rows: RowSource, missing: str | None, where: str) -> RowSource:
    """Return the rows without their NaN, or raise if NaN is not allowed.

    ``where`` is the place of the first NaN, for the error text.
    """
    if missing is None:
        raise ValueError(
            f"X contains NaN at {where}; NMF(missing='nan') treats NaN as missing"
        )
    if rows.sparse and missing == "nan":
        raise ValueError(
            f"X is sparse and contains NaN at {where}: with missing='nan' its unstored "
            "entries would be observed zeros. Use missing='unobserved' or X.toarray()"
        )
    return rows.map(_without_nan, sparse=True)


@on_host
def _without_nan(block: Block) -> Csr:
    if isinstance(block, Csr):
        return keep_entries(block, ~np.isnan(block.data))
    m, n = block.shape
    observed = ~np.isnan(block)
    count = int(observed.sum())
    index = np.int32 if max(count, n) < 2**31 else np.int64
    start = np.zeros(m + 1, dtype=index)
    np.cumsum(observed.sum(axis=1), out=start[1:])
    columns = np.broadcast_to(np.arange(n, dtype=index), block.shape)[observed]
    return Csr(start, columns, np.ascontiguousarray(block[observed]), n)


def keep_entries(entries: Csr, kept: Array) -> Csr:
    """Return the stored entries for which ``kept`` (n_stored,) is true."""
    indptr, columns, values, n = entries
    before = np.concatenate([[0], np.cumsum(kept)])
    start = before[indptr].astype(indptr.dtype)
    return Csr(start, columns[kept], values[kept], n)
