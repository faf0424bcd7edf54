"""From an input matrix of any kind to a row source."""

from __future__ import annotations

from typing import Any

from latentia.rows.chunked import chunked_rows
from latentia.rows.kinds import is_lazy, is_source
from latentia.rows.source import RowSource
from latentia.rows.to_memory import memory_rows


def as_rows(X: Any, *, name: str = "X") -> RowSource:
    """Return ``X`` as a row source, wherever its rows are stored.

    Parameters
    ----------
    X : array-like, sparse matrix, data frame, Dask collection, stored array, RowSource
        Of shape (n_rows, n_features). Data frames are those of pandas and polars, and
        Arrow tables. A stored array (memory map, HDF5, Zarr) of more
        than half a GB is read block by block; see ``rows.open``.
    name : str
        How error messages name it.

    Returns
    -------
    RowSource

    Raises
    ------
    TypeError, ValueError
        If it is not a real two-dimensional matrix with at least one row and column, or
        if a sparse matrix is malformed. NaN and infinity are found by ``summarise``.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from latentia.rows import as_rows
    >>> as_rows(np.ones((5, 3))).shape
    (5, 3)
    >>> as_rows(csr_array(np.eye(4))).sparse
    True
    """
    if is_source(X):
        source: RowSource = X
        return source
    if is_lazy(X):
        from latentia.rows.dask import dask_rows

        return dask_rows(X, name=name)
    return chunked_rows(X, name=name) or memory_rows(X, name=name)
