"""Arrays that are read by slices: memory maps, HDF5, Zarr, and others like them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.reading.arrays import read_array
from latentia.rows.block import Block
from latentia.rows.chunked.mapped import check_not_truncated, drop_pages, take_mapped
from latentia.rows.chunked.row_storage import Span, block_type, check_matrix, in_turn
from latentia.rows.kinds import hdf5_dataset, zarr_array

Opener = Callable[[], AbstractContextManager[Any]]
"""Opens the array for one pass, as an open file does not survive a fork or pickle."""


@dataclass(frozen=True)
class SameFile:
    """Opens an array, if its file has not changed since the first time."""

    path: Path
    opener: Opener
    identity: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Record the identity of the file."""
        object.__setattr__(self, "identity", self._now())

    def __call__(self) -> AbstractContextManager[Any]:
        """Open the array."""
        if self._now() != self.identity:
            raise OSError(f"{self.path} was changed or replaced after it was opened")
        return self.opener()

    def _now(self) -> tuple[int, ...]:
        found = self.path.stat()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@dataclass(frozen=True)
class StoredArray:
    """An array that is read by slices and converted to the type of the kernels.

    Attributes
    ----------
    opener : callable
        Returns a context manager that yields an array.
    shape : tuple of int
    dtype : dtype
    chunk_rows : int
        Rows of the chunks that it is stored in.
    """

    opener: Opener
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    chunk_rows: int
    sparse = False
    slow = True

    @property
    def n_stored(self) -> int:
        """All entries."""
        return self.shape[0] * self.shape[1]

    def read(self, spans: Sequence[Span]) -> Generator[Block]:
        """Yield the rows in one of two buffers."""
        with self._open() as array, closing(self._buffers(spans)) as buffers:
            for (begin, end), block in buffers:
                _read(array, begin, end, block)
                yield block

    def take(self, indices: NDArray[np.integer[Any]]) -> NDArray[Any] | None:
        """Return rows of a memory map; None of chunks, which are slow by rows."""
        with self._open() as array:
            if not isinstance(array, np.ndarray):
                return None
            return take_mapped(array, indices, self.dtype)

    def _buffers(self, spans: Sequence[Span]) -> Generator[tuple[Span, NDArray[Any]]]:
        return in_turn(spans, self.shape[1], self.dtype)

    @contextmanager
    def _open(self) -> Generator[Any]:
        with self.opener() as array:
            if tuple(array.shape) != self.shape:
                raise ValueError(
                    f"its shape was {self.shape} when it was opened, but now it is "
                    f"{tuple(array.shape)}"
                )
            yield array


def stored_array(opener: Opener, name: str) -> StoredArray:
    """Return the storage of an array.

    Raises
    ------
    TypeError, ValueError
        If it is not a matrix of real numbers.
    """
    with opener() as array:
        shape = check_matrix(array.shape, name)
        dtype = block_type(np.dtype(array.dtype), name)
        # A shard of Zarr is one file of several chunks.
        chunks = getattr(array, "shards", None) or getattr(array, "chunks", None)
    return StoredArray(opener, shape, dtype, int(chunks[0]) if chunks else 1)


def _read(array: Any, begin: int, end: int, block: NDArray[Any]) -> None:
    """Read rows into a block, without an intermediate array where possible."""
    if isinstance(array, np.ndarray):
        rows = array[begin:end]
        check_not_truncated(rows)
        np.copyto(block, rows, casting="unsafe")
        drop_pages(rows)
    elif hasattr(array, "read_direct") and array.dtype == block.dtype:
        with library_errors(array):
            array.read_direct(block, np.s_[begin:end])
    else:
        np.copyto(block, read_slice(array, begin, end), casting="unsafe")


def read_slice(array: Any, begin: int, end: int) -> Any:
    """Return array[begin:end] of an array of any kind."""
    with library_errors(array):
        return array[begin:end]


@contextmanager
def library_errors(array: Any) -> Generator[None]:
    """Raise an OSError where HDF5 or Zarr cannot read what a file holds.

    Their codecs raise errors of many kinds for damaged data. Those of an array of any
    other kind are left as they are.
    """
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        if not (hdf5_dataset(array) or zarr_array(array)):
            raise
        what = str(error)
        if isinstance(error, LookupError):  # its text is only what was looked for
            what = f"{type(error).__name__}: {what}"
        raise OSError(what) from error


def array_opener(array: Any) -> Opener:
    """Return an opener of an array that is open."""
    return partial(nullcontext, array)


def npy_opener(path: Path) -> Opener:
    """Return an opener that maps a .npy file."""
    return partial(_map_npy, path)


def _map_npy(path: Path) -> AbstractContextManager[Any]:
    return nullcontext(read_array(path))
