"""Opens a file, array or iterator as rows that are read block by block."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from latentia.reading.tables import Table, TableOptions
from latentia.rows.chunked.blocked_rows import ChunkedRows
from latentia.rows.chunked.budget import Budget, as_bytes, block_bounds
from latentia.rows.chunked.hdf5 import check_inside
from latentia.rows.chunked.iterated import iterated
from latentia.rows.chunked.layout import Layout
from latentia.rows.chunked.mapped import is_mapped
from latentia.rows.chunked.paths import storage_of_path
from latentia.rows.chunked.results import check_out
from latentia.rows.chunked.row_storage import Storage
from latentia.rows.chunked.sliced_array import array_opener, stored_array
from latentia.rows.chunked.table_batches import table_storage
from latentia.rows.chunked.zarr_folder import check_zarr
from latentia.rows.kinds import has, hdf5_dataset, torch_tensor, zarr_array
from latentia.rows.source import RowSource
from latentia.rows.to_memory import memory_rows

DEFAULT_MEMORY = "1GB"


def open(
    source: Any,
    *,
    memory: int | str = DEFAULT_MEMORY,
    out: Any = None,
    name: str | None = None,
    allow_external: bool = False,
    header: bool | None = None,
    index_column: str | bool | None = None,
    columns: str | Sequence[str] | None = None,
    delimiter: str | None = None,
    device: Any = None,
    precision: str = "highest",
) -> RowSource:
    """Open rows that are larger than memory; every estimator takes them as ``X``.

    =====================  =============================================================
    ``.npy`` file          read as a memory map
    ``.csv``, ``.tsv``     text, also ``.csv.gz``; every pass parses it again, so write
                           a matrix that is read often to ``.npy`` once
    ``.parquet``           by parts of row groups; ``.feather`` by record batches
    ``.h5``, ``.hdf5``     with one matrix, or ``"file.h5::dataset"`` for one of several
    ``.h5ad``              AnnData's X, dense or CSR; ``"file.h5ad::layers/counts"``
    Zarr folder            of one array, or AnnData's; ``"a.zarr::layers/counts"``
    another folder         of ``.npy`` and ``.npz`` parts, dense or SciPy sparse, in
                           the order of their numbers: part-2 before part-10
    array                  that has a shape, a type and slices: ``np.memmap``,
                           ``h5py.Dataset``, ``zarr.Array``
    callable               that returns a new iterator of blocks at each call: arrays,
                           SciPy sparse matrices, data frames of pandas or polars,
                           Arrow tables or record batches
    =====================  =============================================================

    Sums are added in the order of the blocks, which depend only on the shape, the type,
    the chunks of the storage and ``memory``. So the same budget gives the same bits on
    every machine.

    Parameters
    ----------
    source : path-like, array, callable or Table
        A matrix of shape (n_rows, n_features). Iterators, tables and ``.npz`` files are
        read once here, to count rows. An iterator may reuse one array for its blocks
        (then for one fit at a time), but not one sparse matrix.
    memory : int or str, default="1GB"
        The memory that a fit may use at once: bytes, or a number with a unit (kB, MB,
        GB, TB; KiB, MiB, GiB, TiB). A block is a sixteenth of it. Results for each row
        (U, W, labels) stay in memory up to a half of it; the others are in unnamed
        files in the temporary folder (``TMPDIR``).
    out : path-like or array, optional
        Where the results for each row are written: a ``.npy`` file, whole or not at
        all, that is returned as a memory map; or an array of the right shape and type.
        By default they are returned as an array, or as a map of an unnamed file if the
        budget has no room.
    name : str, optional
        How error messages name the rows: by default the path, or "X".
    allow_external : bool, default=False
        Whether HDF5 may read other files, through external links, external storage and
        virtual datasets. The author of the file chooses which.
    header, index_column, columns, delimiter : optional
        For tables only, as of ``latentia.datasets.load_matrix``.
    device : str or torch.device, optional
        "cuda" copies the blocks to the GPU, each while it works on the one before.
        Results for each row stay here, as arrays.
    precision : {"highest", "tf32"}, default="highest"
        "tf32" lets the GPU round factors of float32 products to 10 bits, which is
        faster and exact to about three digits.

    Returns
    -------
    rows : ChunkedRows, or StreamedRows on a device

    Raises
    ------
    OSError
        If a file does not exist or cannot be read, or if ``out`` cannot be written to.
    TypeError, ValueError
        If there is no matrix of real numbers, an argument is not as described, HDF5
        would read other files, or Zarr would use a codec that is not allowed.
    ImportError
        If h5py, zarr, pyarrow or PyTorch is needed and missing.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import open
    >>> blocks = lambda: (np.full((2, 3), i) for i in range(4))
    >>> open(blocks, memory="10MB").shape
    (8, 3)
    """
    n_bytes = as_bytes(memory)
    _check_apart(source, out)
    options = TableOptions(header, index_column, columns, delimiter)
    if isinstance(source, str | os.PathLike):
        name = name or str(source)
        storage = storage_of_path(
            os.fspath(source), name, options, allow_external=allow_external
        )
    elif options.given:
        raise ValueError(f"{options.given[0]} is for files with tables")
    elif isinstance(source, Table):
        name = name or str(source.path)
        storage = table_storage(source)
    else:
        name = name or "X"
        storage = _of_object(source, name, allow_external=allow_external)
    rows = _in_blocks(storage, n_bytes, out, name)
    if device is None:
        if precision != "highest":
            raise ValueError(f"precision={precision!r} needs a device")
        return rows
    from latentia.rows.torch import on_device

    return on_device(rows, device, precision)


def chunked_rows(X: Any, *, name: str = "X") -> RowSource | None:
    """Return memory maps and stored arrays (HDF5, Zarr) as rows, else None.

    An array that fits into half of the default budget becomes rows in memory: a map is
    not copied, a stored array is read as a whole.
    """
    mapped = isinstance(X, np.memmap) and is_mapped(X)
    if not mapped and not _is_stored(X):
        return None
    _check_harmless(X, name, allow_external=False)
    storage = stored_array(array_opener(X), name)
    memory = as_bytes(DEFAULT_MEMORY)
    if storage.n_stored * storage.dtype.itemsize > memory // 2:
        return _in_blocks(storage, memory, None, name)
    return memory_rows(X if mapped else X[:], name=name)


def _in_blocks(storage: Storage, memory: int, out: Any, name: str) -> ChunkedRows:
    n_rows = storage.shape[0]
    item_bytes = storage.dtype.itemsize
    if storage.sparse:
        item_bytes += np.dtype(np.int64).itemsize  # its column
    bounds = block_bounds(
        n_rows,
        row_bytes=-(-storage.n_stored * item_bytes // n_rows),
        chunk_rows=storage.chunk_rows,
        memory=memory,
    )
    if out is not None:
        out = check_out(out, n_rows, storage.dtype)
    layout = Layout(bounds, Budget(memory), out, name)
    return ChunkedRows(storage, layout, sparse=storage.sparse)


def _of_object(source: Any, name: str, *, allow_external: bool) -> Storage:
    if callable(source):
        return iterated(source, name)
    sliced = all(hasattr(source, part) for part in ("shape", "dtype", "__getitem__"))
    other = np.ma.is_masked(source) or scipy.sparse.issparse(source)
    # A data frame is not sliced by rows, but may have columns of these names.
    frame, tensor = has(source, "columns"), torch_tensor(source)
    if not sliced or other or frame or tensor or has(source, "__dask_graph__"):
        raise TypeError(
            f"{name} must be a path, an array that can be sliced or a callable that "
            f"returns an iterator of blocks, got {type(source).__name__}"
            + (": estimators take it as it is" if tensor else "")
        )
    _check_harmless(source, name, allow_external=allow_external)
    return stored_array(array_opener(source), name)


def _check_harmless(array: Any, name: str, *, allow_external: bool) -> None:
    """Raise if reading an open array would read other files, or run code."""
    if hdf5_dataset(array) and not allow_external:
        check_inside(array)
    if zarr_array(array):
        check_zarr(array, name)


def _check_apart(source: Any, out: Any) -> None:
    """Raise if ``out`` is where the rows are read from."""
    same = isinstance(out, np.ndarray) and isinstance(source, np.ndarray)
    same = same and np.may_share_memory(source, out)
    read = getattr(source, "filename", source)  # of a memory map
    if isinstance(out, str | os.PathLike) and isinstance(read, str | os.PathLike):
        file, path = Path(os.fspath(read).partition("::")[0]).resolve(), Path(out)
        same = path.resolve() == file or file in path.resolve().parents
    if same:
        raise ValueError(f"out must not be where the rows are read from: {out!r:.200}")


def _is_stored(X: Any) -> bool:
    """Whether X is like an h5py.Dataset or zarr.Array; these are not imported."""
    known_otherwise = isinstance(X, np.ndarray) or has(X, "__dask_graph__")
    return not known_otherwise and has(
        X, "shape", "dtype", "ndim", "chunks", "__getitem__"
    )
