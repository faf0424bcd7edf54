"""Dask arrays and data frames as rows in partitions."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._extras import install_hint

try:
    import dask.array as da
    import dask.base
    from dask.sizeof import sizeof
    from dask.typing import Key
except ImportError as error:
    raise ImportError(
        f"rows in Dask collections need Dask: {install_hint('distributed')}"
    ) from error

from latentia._sparse import well_formed
from latentia._warnings import warn_caller
from latentia.rows.dask.block_tasks import chunk_shape
from latentia.rows.dask.graph import Graph, is_future
from latentia.rows.dask.partitioned_rows import DaskRows
from latentia.rows.dask.partitions import Partition, ToBlock, partition

MUCH = 10_000_000
"""Bytes of the caller's arrays in a graph above which Dask should warn."""


def dask_rows(X: Any, *, name: str = "X") -> DaskRows:
    """Return a Dask array or data frame as a row source.

    Every pass reads its chunks where they are. Chunks that are not persisted are
    computed by each pass, so that rows need not fit into the memory of the workers.

    Parameters
    ----------
    X : dask Array or DataFrame of shape (n_rows, n_features)
        Chunks are dense arrays or SciPy sparse matrices, as ``X._meta`` says. float32
        and float64 are kept, float16 becomes float32, integers and booleans float64.
        Chunks of unknown size are computed once for their size. Empty chunks are left
        out. Chunks of columns are joined, with a UserWarning.
    name : str
        How error messages name it.

    Raises
    ------
    TypeError, ValueError
        If it is not a real two-dimensional matrix with at least one row and column.
    """
    if hasattr(type(X), "to_dask_array"):  # a Delayed has whatever it is asked for
        X = X.to_dask_array()
    if not isinstance(X, da.Array):
        raise TypeError(
            f"{name} must be a dask array or data frame, got {type(X).__name__}"
        )
    dtype = _accepted_dtype(X, name)
    X = _whole_rows(X, name)
    graph, keys = _fused(X)
    nodes, parts = partition(graph, keys)
    sizes, n_columns = _sizes(X, parts, nodes, name)
    filled = np.flatnonzero(sizes)
    if len(filled) == 0 or n_columns == 0:
        raise ValueError(
            f"{name} must have at least one row and one column, got "
            f"{int(sizes.sum())} rows and {n_columns} columns"
        )
    sparse = scipy.sparse.issparse(X._meta)
    parts = [
        parts[i].then(ToBlock(name, int(sizes[i]), n_columns, dtype, sparse))
        for i in filled
    ]
    return DaskRows(
        parts,
        nodes,
        np.concatenate([[0], np.cumsum(sizes[filled])]),
        n_columns,
        dtype,
        sparse=sparse,
        name=name,
        large=sum(map(sizeof, graph.values())) > MUCH,
    )


def _accepted_dtype(X: da.Array, name: str) -> np.dtype[Any]:
    """Return the type that blocks will have."""
    if X.ndim != 2:
        raise ValueError(f"{name} must be two-dimensional, got {X.ndim} dimension(s)")
    if X.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must be of real numbers, got dtype {X.dtype}; if they are, use "
            f"{name}.astype(float)"
        )
    single = X.dtype.kind == "f" and X.dtype.itemsize <= 4
    return np.dtype(np.float32 if single else np.float64)


def _whole_rows(X: Any, name: str) -> Any:
    if X.numblocks[1] == 1:
        return X
    columns = X.chunks[1]
    if np.isnan(columns).any():
        raise ValueError(
            f"{name} has chunks of unknown numbers of columns, {columns}: call "
            f"{name}.compute_chunk_sizes() first"
        )
    few = ", ".join(map(str, columns[:3])) + (", …" if len(columns) > 3 else "")
    warn_caller(
        f"{name} has {len(columns)} chunks of columns ({few}); passes read whole rows, "
        "so every pass joins these chunks; to join them once, use "
        f"{name}.rechunk({{1: -1}}).persist()",
        UserWarning,
    )
    if scipy.sparse.issparse(X._meta):
        # SciPy joins them without a check of their indices.
        X = X.map_blocks(partial(well_formed, name=name), dtype=X.dtype, meta=X._meta)
    return X.rechunk({1: -1})


def _fused(X: Any) -> tuple[Graph, list[Key]]:
    """Return an optimised graph of the partitions, and their keys."""
    futures = {
        key: node for key, node in dict(X.__dask_graph__()).items() if is_future(node)
    }
    (X,) = dask.base.optimize(X)  # type: ignore[no-untyped-call]
    # Optimising drops futures.
    return {**dict(X.__dask_graph__()), **futures}, [k[0] for k in X.__dask_keys__()]


def _sizes(
    X: da.Array, parts: list[Partition], nodes: Graph, name: str
) -> tuple[NDArray[np.int64], int]:
    """Return the number of rows of each partition, and the number of columns."""
    shapes = [(n_rows, X.shape[1]) for n_rows in X.chunks[0]]
    if shapes and np.isnan(shapes).any():
        unknown = np.zeros(len(parts) + 1, dtype=np.int64)
        rows = DaskRows(parts, nodes, unknown, None, X.dtype, name=name)
        shapes = rows.on_parts(dict.fromkeys(range(len(parts)), chunk_shape))
    return np.array([n for n, _ in shapes], dtype=np.int64), int(shapes[0][1])
