"""From an input matrix of any kind to a row source."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from latentia.rows.backend import is_tensor, to_numpy
from latentia.rows.chunked import chunked_rows
from latentia.rows.kinds import is_lazy, is_source, speaks_dlpack, torch_tensor
from latentia.rows.memory import MemoryRows
from latentia.rows.source import RowSource
from latentia.rows.to_memory import memory_rows


def as_rows(X: Any, *, name: str = "X") -> RowSource:
    """Return ``X`` as a row source, wherever its rows are stored.

    Parameters
    ----------
    X : array-like, sparse matrix, data frame, tensor, Dask collection, or RowSource
        Of shape (n_rows, n_features). Data frames are those of pandas and polars, and
        Arrow tables. A stored array (memory map, HDF5, Zarr) of more than half a GB is
        read block by block; see ``rows.open``. Tensors of PyTorch, and arrays of other
        libraries that speak DLPack, are read on their device.
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
    if torch_tensor(X):
        from latentia.rows.torch import torch_rows

        return torch_rows(X, name=name)
    if speaks_dlpack(X) and find_spec("torch"):
        from latentia.rows.torch import dlpack_rows

        return dlpack_rows(X, name=name)
    return chunked_rows(X, name=name) or memory_rows(X, name=name)


def as_host_rows(X: Any, *, name: str = "X") -> RowSource:
    """Return ``as_rows``, tensors copied to this process.

    For passes whose kernels read blocks of NumPy only.

    Parameters
    ----------
    X : as of ``as_rows``
    name : str

    Returns
    -------
    RowSource
    """
    rows = as_rows(X, name=name)
    block = getattr(rows, "block", None)
    if block is None or not is_tensor(block):
        return rows
    return MemoryRows(to_numpy(block), copied=True)
