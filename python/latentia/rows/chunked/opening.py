"""From what names or gives rows to a row source that reads them by blocks."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from latentia._files import check_input
from latentia.rows.chunked.array import (
    SameFile,
    array_opener,
    hdf5_opener,
    npy_opener,
    stored_array,
    zarr_opener,
)
from latentia.rows.chunked.budget import Budget, as_bytes, block_bounds
from latentia.rows.chunked.factory import iterated
from latentia.rows.chunked.mapped import is_mapped
from latentia.rows.chunked.parts import folder_of_parts
from latentia.rows.chunked.results import check_out
from latentia.rows.chunked.rows import ChunkedRows, Layout
from latentia.rows.chunked.storage import Storage
from latentia.rows.source import RowSource

DEFAULT_MEMORY = "1GB"
_HDF5_ENDINGS = (".h5", ".hdf5")


def open(
    source: Any,
    *,
    memory: int | str = DEFAULT_MEMORY,
    out: Any = None,
    name: str | None = None,
) -> ChunkedRows:
    """Open rows that are larger than memory; every estimator takes them as ``X``.

    ==================  ================================================================
    ``.npy`` file       read as a memory map
    ``.h5``, ``.hdf5``  with one matrix in it; of several, ``"file.h5::dataset"``
    Zarr folder         of one array
    another folder      of ``.npy`` and ``.npz`` parts, dense or SciPy sparse, that
                        follow each other as people count: part-2 before part-10
    array               whatever has a shape, a type and slices: ``np.memmap``,
                        ``h5py.Dataset``, ``zarr.Array``
    callable            returns a new iterator of blocks, arrays or SciPy sparse
                        matrices, whenever it is called
    ==================  ================================================================

    Sums are added up in the order of blocks, which depend on the shape, the type, the
    chunks of the storage and ``memory`` alone: with the same budget, the same bits come
    out on every machine.

    Parameters
    ----------
    source : path-like, array or callable
        A matrix of shape (n_rows, n_features). A callable and ``.npz`` files are gone
        through once here, to count rows. An iterator may fill the same array again (one
        fit at a time, then), but not the same sparse matrix.
    memory : int or str, default="1GB"
        What a fit may hold at once: bytes, or a number with a unit (kB, MB, GB, TB;
        KiB, MiB, GiB, TiB). A block is a sixteenth of it. What is kept for every row
        (U, W, labels) stays in memory up to a half, and is then in files without a name
        in the temporary folder (``TMPDIR``).
    out : path-like or array, optional
        Where what an estimator returns for every row is written: a ``.npy`` file, whole
        or not at all, that is returned as a memory map; or an array of the right shape
        and type. By default it is returned as an array, or as a map of a file without a
        name if there is no room.
    name : str, optional
        How error messages call the rows: by default the path, or "X".

    Returns
    -------
    rows : ChunkedRows

    Raises
    ------
    OSError
        If a file does not exist or cannot be read, or if ``out`` cannot be written to.
    TypeError, ValueError
        If there is no matrix of real numbers, or an argument is not as said above.
    ImportError
        If h5py or zarr is needed and missing.

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
    if isinstance(source, str | os.PathLike):
        name = name or str(source)
        storage = _of_path(os.fspath(source), name)
    else:
        name = name or "X"
        storage = _of_object(source, name)
    return _in_blocks(storage, n_bytes, out, name)


def chunked_rows(X: Any, *, name: str = "X") -> RowSource | None:
    """Return memory maps and stored arrays (HDF5, Zarr) as rows, else None.

    What fits into half of the default budget is in memory: a map is read where it is, a
    stored array is read as a whole.
    """
    # Imported here as accept imports this package.
    from latentia.rows.accept import memory_rows

    mapped = isinstance(X, np.memmap) and is_mapped(X)
    if not mapped and not _is_stored(X):
        return None
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


def _of_path(source: str, name: str) -> Storage:
    file, _, dataset = source.partition("::")
    path = Path(file if file.lower().endswith(_HDF5_ENDINGS) else source)
    if not path.is_dir():
        check_input(path)
    ending = path.suffix.lower()
    if path.is_dir():
        zarr = any((path / file).exists() for file in ("zarr.json", ".zarray"))
        if not zarr and ending != ".zarr":
            return folder_of_parts(path)
        with _naming(path):
            return stored_array(zarr_opener(path), name)
    if ending in _HDF5_ENDINGS:
        with _naming(path):
            opener = hdf5_opener(path, dataset or None)
            return stored_array(SameFile(path, opener), name)
    if ending == ".npy":
        return stored_array(SameFile(path, npy_opener(path)), name)
    raise ValueError(
        f"{path}: unknown ending {path.suffix!r}, known: .npy, "
        f"{', '.join(_HDF5_ENDINGS)}, or a folder (Zarr, or .npy and .npz parts)"
    )


@contextmanager
def _naming(path: Path) -> Generator[None]:
    """Let what HDF5 and Zarr raise name the file."""
    try:
        yield
    except (ImportError, ValueError, TypeError):
        raise
    except Exception as error:
        raise OSError(f"{path}: {error}") from error


def _of_object(source: Any, name: str) -> Storage:
    if callable(source):
        return iterated(source, name)
    sliced = all(hasattr(source, part) for part in ("shape", "dtype", "__getitem__"))
    other = np.ma.is_masked(source) or scipy.sparse.issparse(source)
    if not sliced or other or hasattr(source, "__dask_graph__"):
        raise TypeError(
            f"{name} must be a path, an array that can be sliced or a callable that "
            f"returns an iterator of blocks, got {type(source).__name__}"
        )
    return stored_array(array_opener(source), name)


def _check_apart(source: Any, out: Any) -> None:
    """Raise if what is read would be written to."""
    same = isinstance(out, np.ndarray) and isinstance(source, np.ndarray)
    same = same and np.may_share_memory(source, out)
    read = getattr(source, "filename", source)  # that of a memory map
    if isinstance(out, str | os.PathLike) and isinstance(read, str | os.PathLike):
        file, path = Path(os.fspath(read).partition("::")[0]).resolve(), Path(out)
        same = path.resolve() == file or file in path.resolve().parents
    if same:
        raise ValueError(f"out must not be where the rows are read from: {out!r:.200}")


def _is_stored(X: Any) -> bool:
    """Whether it looks like h5py.Dataset or zarr.Array, without importing these."""
    parts = ("shape", "dtype", "ndim", "chunks", "__getitem__")
    known_otherwise = isinstance(X, np.ndarray) or hasattr(X, "__dask_graph__")
    return not known_otherwise and all(hasattr(X, part) for part in parts)
