"""The same rows from wherever they can be: bytes that a pass reads in a second."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

import latentia
from latentia.benchmarks.results import Measures, Quantity, Size
from latentia.benchmarks.rows.where import (
    N_WORKERS,
    Float32Array,
    dask_module,
    made_rows,
    package,
    place,
    require_room,
    two_workers,
)
from latentia.benchmarks.runner import Step, limits_step
from latentia.benchmarks.timing import interleaved
from latentia.rows import as_rows, normal_product, summarise
from latentia.rows.chunked import open as open_rows

N_FEATURES = 256
COLUMNS = 32
N_PARTS = 8
CHUNK_ROWS = 4096
SHARE_STORED = 0.05

_N_ROWS = {"small": 2**16, "full": 2**20}
_MEMORY = {"small": "64MB", "full": "1GB"}
_REPEATS = {"small": 1, "full": 3}

Opened = AbstractContextManager[Any]
"""Rows as ``as_rows`` takes them, for a while."""

Opener = Callable[[Float32Array, Path, str], Opened]
"""(the rows, an empty folder, the memory that may be held) -> rows from there."""


def source_steps(size: Size, folder: Path) -> Iterator[Step]:
    """List the sources."""
    for name, opener in SOURCES.items():
        measure = partial(_throughput, name, opener, size, folder)
        yield limits_step(f"reading from {name}", measure)


def _throughput(name: str, opener: Opener, size: Size, folder: Path) -> Measures:
    A = _rows(size)
    require_room(folder, 2 * A.nbytes)
    own = folder / "source"
    own.mkdir()
    try:
        with opener(A, own, _MEMORY[size]) as opened:
            return _rates(name, opened, _REPEATS[size])
    finally:
        shutil.rmtree(own)


def _rates(name: str, opened: Any, repeats: int) -> Measures:
    rows, n_threads = as_rows(opened), latentia.n_threads()
    X = np.ones((rows.shape[1], COLUMNS), dtype=rows.dtype)
    passes: dict[str, Callable[[], object]] = {
        "summary": partial(summarise, rows, n_threads=n_threads),
        f"product with {COLUMNS} columns": partial(
            normal_product, rows, X, n_threads=n_threads
        ),
    }
    # A sparse matrix stores the column of each entry next to it.
    item = rows.dtype.itemsize + (4 if rows.sparse else 0)
    return {
        f"{called}, {name}": Quantity(
            rows.n_stored * item / timing.median / 1e9, "GB/s"
        )
        for called, timing in interleaved(passes, repeats=repeats).items()
    }


@cache
def _rows(size: Size) -> Float32Array:
    return made_rows(_N_ROWS[size], N_FEATURES)


def _array(A: Float32Array, _: Path, __: str) -> Opened:
    return nullcontext(A)


def _memory_map(A: Float32Array, folder: Path, memory: str) -> Opened:
    np.save(folder / "rows.npy", A)
    mapped = np.load(folder / "rows.npy", mmap_mode="r")
    return nullcontext(open_rows(mapped, memory=memory))


def _hdf5(A: Float32Array, folder: Path, memory: str, *, chunked: bool) -> Opened:
    path = folder / "rows.h5"
    with package("h5py", "files").File(path, "w") as file:
        file.create_dataset("rows", data=A, chunks=_chunks(A) if chunked else None)
    return nullcontext(open_rows(path, memory=memory))


def _zarr(A: Float32Array, folder: Path, memory: str, **settings: Any) -> Opened:
    path = folder / "rows.zarr"
    array = package("zarr", "files").create_array(
        path, shape=A.shape, dtype=A.dtype, chunks=_chunks(A), **settings
    )
    array[:] = A
    return nullcontext(open_rows(path, memory=memory))


def _npy_parts(A: Float32Array, folder: Path, memory: str) -> Opened:
    for number, part in enumerate(np.array_split(A, N_PARTS)):
        np.save(folder / f"part-{number}.npy", part)
    return nullcontext(open_rows(folder, memory=memory))


def _csr_parts(A: Float32Array, folder: Path, memory: str) -> Opened:
    """Keep the largest entries; they are far fewer bytes."""
    least = np.quantile(A[:CHUNK_ROWS], 1 - SHARE_STORED)
    for number, part in enumerate(np.array_split(A, N_PARTS)):
        stored = scipy.sparse.csr_array(np.where(part > least, part, 0))
        scipy.sparse.save_npz(folder / f"part-{number}.npz", stored, compressed=False)
    return nullcontext(open_rows(folder, memory=memory))


def _iterator(A: Float32Array, _: Path, memory: str) -> Opened:
    return nullcontext(open_rows(partial(_blocks, A), memory=memory))


def _blocks(A: Float32Array) -> Iterator[Float32Array]:
    for begin in range(0, len(A), CHUNK_ROWS):
        yield A[begin : begin + CHUNK_ROWS]


@contextmanager
def _dask_threads(A: Float32Array, _: Path, __: str) -> Iterator[Any]:
    dask, da = dask_module("dask"), dask_module("dask.array")
    rows = da.from_array(A, chunks=(-(-len(A) // N_PARTS), -1), name=False)
    with dask.config.set(scheduler="threads", num_workers=latentia.n_threads()):
        yield rows


@contextmanager
def _dask_workers(A: Float32Array, folder: Path, _: str) -> Iterator[Any]:
    with two_workers(folder) as client:
        yield place(client, A)


def _chunks(A: Float32Array) -> tuple[int, int]:
    return min(CHUNK_ROWS, len(A)), A.shape[1]


SOURCES: dict[str, Opener] = {
    "an array": _array,
    "a memory map": _memory_map,
    "HDF5, contiguous": partial(_hdf5, chunked=False),
    "HDF5, chunks": partial(_hdf5, chunked=True),
    "Zarr, not compressed": partial(_zarr, compressors=None),
    "Zarr, as it compresses": _zarr,
    "a folder of .npy parts": _npy_parts,
    f"a folder of CSR .npz parts, {SHARE_STORED:.0%} stored": _csr_parts,
    "an iterator of blocks": _iterator,
    "Dask, threads": _dask_threads,
    f"Dask, {N_WORKERS} workers": _dask_workers,
}
