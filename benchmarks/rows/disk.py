"""Room on the disk for a while, and how fast files are read from end to end."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latentia.benchmarks.results import Quantity

FOLDER_VARIABLE = "LATENTIA_BENCH_CACHE"
"""Names the folder in which there is room; without it the temporary folder is taken."""

_READ_BYTES = 64 * 2**20
_GIB = 2**30


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


def forget(path: Path) -> None:
    """Drop a file from the system's cache, where the system can be asked to.

    The file has to be on the disk already.
    """
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_rate(path: Path) -> Quantity:
    """Measure plain reads of the whole file, in pieces of 64 MiB, cold.

    Returns
    -------
    Quantity
        In GB/s. Cold is as cold as :func:`forget` makes it: a virtual disk may be in
        the cache of its host.
    """
    forget(path)
    buffer = bytearray(_READ_BYTES)
    start = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    seconds = time.perf_counter() - start
    return Quantity(path.stat().st_size / seconds / 1e9, "GB/s")
