"""The memory that a fit may use at once, the size of blocks, and room for states."""

from __future__ import annotations

import errno
import itertools
import numbers
import os
import re
import tempfile
import weakref
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_UNITS = {
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", start=1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", start=1)},
}
# Two buffers for blocks and the pages that one is copied from take 3/16 of the budget,
# states up to 1/2: the rest is for the kernels.
_BLOCKS_PER_BUDGET = 16


def as_bytes(memory: object) -> int:
    """Return a number of bytes given as such or like "512MB", "1.5GB" or "2GiB".

    Raises
    ------
    TypeError, ValueError
        If it is neither, or less than one byte.
    """
    if isinstance(memory, bool) or not isinstance(memory, str | numbers.Integral):
        raise TypeError(
            f'memory must be a number of bytes or a text like "1.5GB", got {memory!r}'
        )
    n_bytes = int(memory) if isinstance(memory, numbers.Integral) else _parsed(memory)
    if n_bytes < 1:
        raise ValueError(f"memory must be at least one byte, got {memory!r}")
    return n_bytes


def _parsed(memory: str) -> int:
    units = {unit.lower(): size for unit, size in _UNITS.items()}
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([a-z]*)\s*", memory.lower())
    if found is None or (found[2] or "b") not in units:
        raise ValueError(
            f"memory must be a number and a unit of {', '.join(_UNITS)}; got {memory!r}"
        )
    return int(float(found[1]) * units[found[2] or "b"])


def block_bounds(
    n_rows: int, *, row_bytes: int, chunk_rows: int, memory: int
) -> NDArray[np.int64]:
    """Return where blocks begin, and at last ``n_rows``.

    The bounds depend only on these four arguments, so that the sums of a pass have the
    same bits on every machine. Chunks of the storage that fit into a block are not
    divided.
    """
    n_rows_of_block = max(1, memory // _BLOCKS_PER_BUDGET // max(1, row_bytes))
    if 1 < chunk_rows <= n_rows_of_block:
        n_rows_of_block -= n_rows_of_block % chunk_rows
    return np.append(np.arange(0, n_rows, n_rows_of_block), n_rows).astype(np.int64)


class Budget:
    """Room for states: half of ``memory``, then unnamed temporary files.

    Parameters
    ----------
    memory : int
        Bytes that a fit may use at once.
    """

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self._number = itertools.count()
        self._live: weakref.WeakValueDictionary[int, NDArray[Any]]
        self._live = weakref.WeakValueDictionary()

    def __reduce__(self) -> tuple[type[Budget], tuple[int]]:
        # Arrays of another process use no memory of this one.
        return Budget, (self.memory,)

    def empty(self, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """Return an array whose values are not set: in memory up to half of the budget.

        Raises
        ------
        OSError
            If the disk has no room either; it names the size and the folder.
        """
        n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        held = sum(array.nbytes for array in self._live.values())
        if held + n_bytes > self.memory // 2:
            return _empty_on_disk(shape, dtype, n_bytes)
        array = np.empty(shape, dtype)
        self._live[next(self._number)] = array
        return array


def _empty_on_disk(shape: tuple[int, ...], dtype: Any, n_bytes: int) -> NDArray[Any]:
    """Return a map of a file without a name, which is deleted with the array."""
    with tempfile.TemporaryFile() as file:
        try:
            _reserve(file, n_bytes)
        except OSError as error:
            raise OSError(
                error.errno,
                f"no room for {n_bytes} bytes of results in the temporary folder "
                f"{tempfile.gettempdir()} (set TMPDIR to another, or give more "
                f"memory): {error.strerror}",
            ) from error
        return np.memmap(file, dtype=dtype, mode="r+", shape=shape)


def _reserve(file: IO[bytes], n_bytes: int) -> None:
    """Reserve the room on the disk: a map of a sparse file would crash on a full disk.

    Where the file system cannot reserve it, zeros are written.
    """
    try:
        if not hasattr(os, "posix_fallocate"):
            raise OSError(errno.ENOTSUP, "this system has no posix_fallocate")
        os.posix_fallocate(file.fileno(), 0, n_bytes)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP):
            raise
        zeros = bytes(1 << 20)
        for begin in range(0, n_bytes, len(zeros)):
            file.write(zeros[: n_bytes - begin])
        file.flush()
