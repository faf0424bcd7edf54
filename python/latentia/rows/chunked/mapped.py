"""Arrays that are maps of files: their length and their pages in memory."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

# The system maps up to 64 kB around every row that is read.
_ROWS_AT_ONCE = 64


def is_mapped(array: NDArray[Any]) -> bool:
    """Whether an array, or the base of a view, is a map of a file."""
    return _owner(array) is not None


def check_not_truncated(array: NDArray[Any]) -> None:
    """Raise if the file ends before the array: reading there would crash.

    Raises
    ------
    OSError
        Saying where the file ends.
    """
    owner = _owner(array)
    if owner is None or array.size == 0:
        return
    mapping: mmap.mmap = owner.base
    # np.memmap begins its map at the last possible place before the offset.
    map_begin = owner.offset - owner.offset % mmap.ALLOCATIONGRANULARITY
    if mapping.size() < map_begin + _within(array, mapping)[1]:
        raise OSError(f"the file was cut to {mapping.size()} bytes after it was opened")


def take_mapped(
    array: NDArray[Any], indices: NDArray[np.integer[Any]], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return a copy of rows; the pages that hold them are dropped.

    Raises
    ------
    OSError
        If the file was cut.
    """
    check_not_truncated(array)
    taken = np.empty((len(indices), *array.shape[1:]), dtype)
    for begin in range(0, len(indices), _ROWS_AT_ONCE):
        some = slice(begin, begin + _ROWS_AT_ONCE)
        taken[some] = array[indices[some]]
        drop_pages(array)
    return taken


def drop_pages(array: NDArray[Any]) -> None:
    """Drop the mapped pages of an array; the file keeps what was written.

    They stay in the cache of the system, but are no longer memory of this process.
    Other arrays, and copy-on-write maps, are left as they are.
    """
    owner = _owner(array)
    if owner is None or owner.mode == "c" or not hasattr(mmap.mmap, "madvise"):
        return
    mapping: mmap.mmap = owner.base
    begin, end = _within(array, mapping)
    begin -= begin % mmap.PAGESIZE
    mapping.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def _owner(array: NDArray[Any]) -> Any:
    """Return the np.memmap whose base is the map itself, or None."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        if isinstance(owner, np.memmap) and isinstance(owner.base, mmap.mmap):
            return owner
        owner = owner.base
    return None


def _within(array: NDArray[Any], mapping: mmap.mmap) -> tuple[int, int]:
    """Return where the array begins and ends in its map, in bytes."""
    origin, _ = byte_bounds(np.frombuffer(mapping, dtype=np.uint8))
    begin, end = byte_bounds(array)
    return begin - origin, end - origin
