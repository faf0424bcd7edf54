"""Arrays that are maps of files: are they still whole, and which pages are held."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

# The system maps up to 64 kB about every row that is read.
_ROWS_AT_ONCE = 64


def is_mapped(array: NDArray[Any]) -> bool:
    """Whether an array, or what it is a view of, is a map of a file."""
    return _owner(array) is not None


def check_not_truncated(array: NDArray[Any]) -> None:
    """Raise if the file ends before the array does: to read there would crash.

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
    """Return a copy of rows, without the pages that they lie in.

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
    """Drop the pages of an array that were mapped; the file keeps what was written.

    They stay in the system's cache, but no longer count as this process's memory. What
    is no map of a file, or a map with changes of its own, is left as it is.
    """
    owner = _owner(array)
    if owner is None or owner.mode == "c" or not hasattr(mmap.mmap, "madvise"):
        return
    mapping: mmap.mmap = owner.base
    begin, end = _within(array, mapping)
    begin -= begin % mmap.PAGESIZE
    mapping.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def _owner(array: NDArray[Any]) -> Any:
    """Return the np.memmap that lies on the map itself, or None."""
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
