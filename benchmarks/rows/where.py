"""Where rows lie for a while: made ones, in a file, in the memory of two workers."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from latentia._extras import install_hint
from latentia.benchmarks.results import Quantity
from latentia.benchmarks.timing import timed

Client: TypeAlias = Any
DaskArray: TypeAlias = Any
Float32Array: TypeAlias = NDArray[np.float32]

FOLDER_VARIABLE = "LATENTIA_BENCH_CACHE"
"""Names the folder in which there is room; without it the temporary folder is taken."""

N_WORKERS = 2
N_PARTITIONS = 8

_READ_BYTES = 64 * 2**20
_GIB = 2**30

_SEED = 0
_BLOCK_ROWS = 2**14
_N_CENTRES = 10
_N_PARTS = 20
_SIZE, _SPREAD, _NOISE = 0.2, 0.1, 0.5


def package(name: str, extra: str) -> Any:
    """Return a module, whose functions have no types.

    What needs one that is missing is left out: it raises FileNotFoundError.
    """
    try:
        return import_module(name)
    except ImportError as error:
        what = name.partition(".")[0]
        raise FileNotFoundError(f"It needs {what}: {install_hint(extra)}.") from error


dask_module = partial(package, extra="distributed")


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a new folder, which goes with all that is in it, however the block ends."""
    parent = os.environ.get(FOLDER_VARIABLE) or None
    if parent is not None:
        Path(parent).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="latentia-rows-", dir=parent) as folder:
        yield Path(folder)


def require_room(folder: Path, n_bytes: int) -> None:
    """Raise a FileNotFoundError if so many bytes do not fit."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise FileNotFoundError(
            f"It needs {n_bytes / _GIB:.1f} GiB, and {folder.parent} has "
            f"{free / _GIB:.1f} GiB; {FOLDER_VARIABLE} can name another folder."
        )


def drop_from_cache(path: Path) -> None:
    """Drop a file from the system's cache, where the system can be asked to.

    The file has to be on the disk already.
    """
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_rate(path: Path) -> Quantity:
    """Measure plain reads of the whole file in GB/s, in pieces of 64 MiB, cold.

    Cold is as cold as :func:`drop_from_cache` makes it: a virtual disk may be in the
    cache of its host.
    """
    drop_from_cache(path)
    buffer = bytearray(_READ_BYTES)

    def read() -> None:
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass

    seconds = timed(read).times[0]
    return Quantity(path.stat().st_size / seconds / 1e9, "GB/s")


def made_rows(n_rows: int, n_features: int) -> Float32Array:
    """Make rows near ten centres, none below zero: for PCA, mixtures and NMF alike.

    Row i is ``max(w Hᵀ + noise, 0)``, where ``w`` (20) lies about one of the centres.
    The numbers of a block of rows come from its own seed, so that more rows begin with
    the same ones.
    """
    made = np.empty((n_rows, n_features), dtype=np.float32)
    begin = 0
    for block in _blocks(n_rows, n_features):
        made[begin : begin + len(block)] = block
        begin += len(block)
    return made


def write_rows(path: Path, n_rows: int, n_features: int) -> None:
    """Write :func:`made_rows` to a .npy file, a block at a time, and on to the disk."""
    with path.open("wb") as file:
        header = npy.header_data_from_array_1_0(np.empty((0,), np.float32))
        header["shape"] = (n_rows, n_features)
        npy.write_array_header_1_0(file, header)
        for block in _blocks(n_rows, n_features):
            block.tofile(file)
        file.flush()
        os.fsync(file.fileno())


def _blocks(n_rows: int, n_features: int) -> Iterator[Float32Array]:
    rng = np.random.default_rng(_SEED)
    centres = rng.standard_exponential((_N_CENTRES, _N_PARTS), dtype=np.float32)
    centres *= _SIZE
    H = rng.standard_exponential((_N_PARTS, n_features), dtype=np.float32)
    for number, begin in enumerate(range(0, n_rows, _BLOCK_ROWS)):
        size = min(_BLOCK_ROWS, n_rows - begin)
        rng = np.random.default_rng((_SEED, number))
        w = centres[rng.integers(_N_CENTRES, size=size)]
        w += _SPREAD * rng.standard_exponential(w.shape, dtype=np.float32)
        block = rng.standard_normal((size, n_features), dtype=np.float32)
        block *= _NOISE
        block += w @ H
        yield np.maximum(block, 0, out=block)


@contextmanager
def two_workers(folder: Path, *, steal: bool = True) -> Iterator[Client]:
    """Start a cluster of two workers with one thread each, and give its client.

    Its files are in a folder. Workers have no limit of memory: nothing is written to
    the disk meanwhile. Unless told not to, one that is idle takes tasks, and their
    partitions, from the other.
    """
    distributed = dask_module("distributed")
    stealing = {"distributed.scheduler.work-stealing": steal}
    with (
        dask_module("dask").config.set(stealing),
        distributed.LocalCluster(
            n_workers=N_WORKERS,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address=None,
            local_directory=str(folder),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def place(client: Client, A: NDArray[Any]) -> DaskArray:
    """Send the rows of a matrix to the workers, in 8 chunks, half of them to each."""
    da = dask_module("dask.array")
    bounds = np.linspace(0, len(A), N_PARTITIONS + 1).astype(int).tolist()
    addresses: Sequence[str] = sorted(client.scheduler_info(n_workers=-1)["workers"])
    chunks = []
    for number in range(N_PARTITIONS):
        begin, end = bounds[number : number + 2]
        home = addresses[number * len(addresses) // N_PARTITIONS]
        sent = client.scatter(A[begin:end], workers=[home], hash=False, direct=True)
        # As workers make them arrays begin where numbers may: what arrives may not.
        future = client.submit(np.array, sent, workers=[home], pure=False)
        chunks.append(da.from_delayed(future, (end - begin, A.shape[1]), A.dtype))
    array = client.persist(da.concatenate(chunks))
    settle(array)
    return array


def settle(*collections: Any) -> None:
    """Wait until everything persisted is there."""
    dask_module("distributed").wait(list(collections))
