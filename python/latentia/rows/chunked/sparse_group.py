"""A sparse matrix that is stored as three arrays in a group, as AnnData does.

    row r has the values data[indptr[r] : indptr[r + 1]],
    in the columns indices[indptr[r] : indptr[r + 1]]

The file may come from anyone, and the kernels do not check their blocks. So the row
pointer and the columns of each block are checked before they are used.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia.rows.block import Block
from latentia.rows.chunked.row_storage import Span, block_type, check_matrix
from latentia.rows.chunked.sliced_array import Opener, read_slice
from latentia.rows.to_memory import memory_rows

Attributes = dict[str, Any]


@dataclass(frozen=True)
class Members:
    """The open arrays of a sparse matrix, and the attributes of its group."""

    data: Any
    indices: Any
    indptr: Any
    attributes: Attributes


@dataclass(frozen=True)
class SparseGroup:
    """A CSR matrix in a group, of which runs of rows are read.

    Attributes
    ----------
    opener : callable
        Returns a context manager that yields its ``Members``.
    shape : tuple of int
    dtype : dtype
        Type of the blocks.
    n_stored : int
    """

    opener: Opener
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    n_stored: int
    sparse = True
    chunk_rows = 1
    slow = True

    def read(self, spans: Sequence[Span]) -> Generator[Block]:
        """Yield runs of rows in canonical form.

        Raises
        ------
        ValueError
            If they are malformed, or the matrix has changed.
        """
        with self.opener() as members:
            now = _described(members, "it")
            if now != (self.shape, self.dtype, self.n_stored):
                raise ValueError("its shape, type or size changed after it was opened")
            for begin, end in spans:
                yield self._rows(members, begin, end)

    def take(self, indices: NDArray[np.integer[Any]]) -> None:
        """Return None: only runs of rows are read."""

    def _rows(self, members: Members, begin: int, end: int) -> Block:
        start = np.asarray(read_slice(members.indptr, begin, end + 1))
        bad = (start < 0) | (start > self.n_stored)
        bad[1:] |= start[1:] < start[:-1]
        if bad.any():
            raise ValueError(
                f"indptr is malformed at {begin + int(np.argmax(bad))}: it must go up "
                f"from 0 to {self.n_stored}"
            )
        start = start.astype(np.int64)
        first, last = int(start[0]), int(start[-1])
        column = np.asarray(read_slice(members.indices, first, last))
        wrong = (column < 0) | (column >= self.shape[1])
        if wrong.any():
            place = int(np.argmax(wrong))
            row = begin + int(np.searchsorted(start - first, place, side="right")) - 1
            raise ValueError(
                f"row {row} has the column {column[place]}, outside 0 … "
                f"{self.shape[1] - 1}"
            )
        value = np.asarray(read_slice(members.data, first, last))
        value = value.astype(self.dtype, copy=False)
        # One index type for both: 32 bits, which are read faster, where they suffice.
        narrow = max(last - first, self.shape[1]) < 2**31
        index = np.dtype(np.int32 if narrow else np.int64)
        matrix = scipy.sparse.csr_array(
            (value, column.astype(index), (start - first).astype(index)),
            shape=(end - begin, self.shape[1]),
        )
        return memory_rows(matrix, name=f"rows {begin} to {end - 1}").block


def sparse_group(opener: Opener, name: str) -> SparseGroup:
    """Return the storage of a sparse matrix in a group.

    Raises
    ------
    TypeError, ValueError
        If it is no CSR matrix of real numbers whose arrays fit together.
    """
    with opener() as members:
        return SparseGroup(opener, *_described(members, name))


def sparse_kind(attributes: Mapping[str, Any]) -> str | None:
    """Return "csr" or "csc" of a group with a sparse matrix, else None."""
    kind = _text(attributes.get("encoding-type"))
    if kind in ("csr_matrix", "csc_matrix"):
        return kind[:3]
    kind = _text(attributes.get("h5sparse_format"))  # AnnData before 0.7
    return kind if kind in ("csr", "csc") else None


def _described(
    members: Members, name: str
) -> tuple[tuple[int, int], np.dtype[Any], int]:
    """Return shape, type of blocks and number of stored entries."""
    if sparse_kind(members.attributes) == "csc":
        raise ValueError(
            f"{name} is stored by columns (CSC), but passes read rows: write it by "
            "rows, as with adata.X = adata.X.tocsr(), or read it into memory and give "
            "the SciPy matrix"
        )
    shape = check_matrix(_shape(members.attributes, name), name)
    for part in ("data", "indices", "indptr"):
        array = getattr(members, part)
        if len(array.shape) != 1:
            raise ValueError(
                f"{name}: {part} must have one axis, but has {array.shape}"
            )
        if part != "data" and np.dtype(array.dtype).kind not in "iu":
            raise TypeError(f"{name}: {part} must be integers, but it is {array.dtype}")
    n_stored = int(members.data.shape[0])
    sizes = int(members.indices.shape[0]), int(members.indptr.shape[0])
    if sizes != (n_stored, shape[0] + 1):
        raise ValueError(
            f"{name}: {n_stored} values, {sizes[0]} indices and {sizes[1]} row "
            f"pointers are no matrix of {shape[0]} rows"
        )
    ends = [
        int(np.asarray(read_slice(members.indptr, i, i + 1))[0]) for i in (0, shape[0])
    ]
    if ends != [0, n_stored]:
        raise ValueError(
            f"{name}: indptr must go from 0 to {n_stored}, but goes from {ends[0]} to "
            f"{ends[1]}"
        )
    return shape, block_type(np.dtype(members.data.dtype), f"{name}: data"), n_stored


def _shape(attributes: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """Return the shape of the matrix by the attributes of its group."""
    found = np.asarray(attributes.get("shape", attributes.get("h5sparse_shape", ())))
    if found.shape != (2,) or found.dtype.kind not in "iu":
        raise ValueError(f"{name} must have an attribute shape of two integers")
    return tuple(found.tolist())


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else None
