"""Matrices that follow each other, read as one matrix."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._sparse import well_formed
from latentia.reading.tables import arrow_frame, frame_array, listed
from latentia.rows.block import Block, Csr
from latentia.rows.chunked.mapped import check_not_truncated, drop_pages
from latentia.rows.chunked.row_storage import Span, block_type, in_turn
from latentia.rows.kinds import pandas_frame
from latentia.rows.to_memory import memory_rows

Part = Any
"""A dense array or SciPy sparse matrix."""

Columns = tuple[str, ...] | None
"""Names of the columns of a data frame; None of an array."""

PartReader = Callable[[Sequence[int]], Iterator[Part]]
"""Yields the parts with these ascending numbers."""


@dataclass(frozen=True)
class PartInfo:
    """Shape and type of a part."""

    n_rows: int
    n_features: int
    dtype: np.dtype[Any]
    sparse: bool
    n_stored: int
    columns: tuple[str, ...] | None = None

    @property
    def kind(self) -> str:
        """``"sparse"`` or ``"dense"``, for error messages."""
        return "sparse" if self.sparse else "dense"


def as_part(given: Any, name: str) -> tuple[Part, Columns]:
    """Return a part, and the names of its columns if it is a data frame.

    Data frames are those of pandas, Arrow tables and record batches, and objects that
    export Arrow data (polars).

    Raises
    ------
    TypeError, ValueError
        If columns of a data frame are not real numbers.
    """
    if pandas_frame(given):
        names = tuple(map(str, given.columns))
        return (_of_pandas(given, name) if len(given) else np.empty(given.shape)), names
    if arrow_frame(given):
        try:
            return frame_array(given)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return given, None


def _of_pandas(frame: Any, name: str) -> Part:
    block = memory_rows(frame, name=name).block
    return block.to_scipy() if isinstance(block, Csr) else block


def part_info(part: Part, name: str, columns: Columns = None) -> PartInfo:
    """Return shape and type of a part.

    Raises
    ------
    TypeError, ValueError
        If it is not a matrix of real numbers.
    """
    sparse = scipy.sparse.issparse(part)
    masked = np.ma.is_masked(part)
    if masked or not (sparse or isinstance(part, np.ndarray)):
        raise TypeError(
            f"{name} must be an array, a frame or a SciPy sparse matrix, got "
            f"{type(part).__name__}"
        )
    if len(part.shape) != 2 or part.shape[1] == 0:
        raise ValueError(
            f"{name} must be a matrix with at least one column, but its shape is "
            f"{part.shape}"
        )
    n_rows, n_features = part.shape
    n_stored = int(well_formed(part, name).nnz) if sparse else n_rows * n_features
    dtype = block_type(part.dtype, name)
    return PartInfo(n_rows, n_features, dtype, sparse, n_stored, columns)


@dataclass(frozen=True)
class ConcatenatedParts:
    """Parts that follow each other, as one matrix.

    Attributes
    ----------
    read_parts : callable
        Yields parts by number; parts without rows are not counted.
    offsets : ndarray of shape (n_parts + 1,)
        The first row of each part, and at last the number of rows.
    n_features : int
    dtype : dtype
    sparse : bool
    n_stored : int
    """

    read_parts: PartReader
    offsets: NDArray[np.int64]
    n_features: int
    dtype: np.dtype[Any]
    sparse: bool
    n_stored: int
    chunk_rows = 1
    slow = True

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        return int(self.offsets[-1]), self.n_features

    def take(self, indices: NDArray[np.integer[Any]]) -> None:
        """Return None: a part is read as a whole."""

    def read(self, spans: Sequence[Span]) -> Generator[Block]:
        """Yield runs of rows: dense ones in one of two buffers."""
        cuts = self._cuts(spans)
        if self.sparse:
            for span in spans:
                yield self._joined(itertools.islice(cuts, len(self._under(span))))
        else:
            for span, block in in_turn(spans, self.n_features, self.dtype):
                _copy(itertools.islice(cuts, len(self._under(span))), block)
                yield block
        # The reader may check that no part follows.
        next(cuts, None)

    def _cuts(self, spans: Sequence[Span]) -> Generator[Part]:
        """Yield the rows that each span has in each part, in order."""
        numbers = sorted({number for span in spans for number in self._under(span)})
        parts = self.read_parts(numbers)
        held, part = -1, None  # type: int, Part
        for begin, end in spans:
            for number in self._under((begin, end)):
                if number != held:
                    held, part = number, self._checked(next(parts), number)
                first, last = self.offsets[number : number + 2]
                yield part[max(begin, first) - first : min(end, last) - first]
        next(parts, None)

    def _under(self, span: Span) -> range:
        """Return the numbers of the parts that have rows of a span."""
        ends = np.searchsorted(self.offsets, [span[0], span[1] - 1], side="right")
        return range(int(ends[0]) - 1, int(ends[1]))

    def _joined(self, cuts: Iterator[Part]) -> Csr:
        joined = scipy.sparse.vstack(list(cuts), format="csr", dtype=self.dtype)
        return Csr.from_scipy(joined)

    def _checked(self, part: Part, number: int) -> Part:
        """Return a part with the shape it had at first; CSR in canonical form."""
        name = f"part {number}"
        info = part_info(part, name)
        n_rows = self.offsets[number + 1] - self.offsets[number]
        before = (n_rows, self.n_features, self.sparse)
        if (info.n_rows, info.n_features, info.sparse) != before:
            raise ValueError(
                f"{name} is {info.kind} and {info.n_rows} × {info.n_features}, but "
                f"when it was opened it had {n_rows} rows of {self.n_features}, "
                f"{'sparse' if self.sparse else 'dense'}"
            )
        block = memory_rows(part, name=name).block if self.sparse else part
        return block.to_scipy() if isinstance(block, Csr) else block


def _copy(cuts: Iterator[Part], block: NDArray[Any]) -> None:
    filled = 0
    for cut in cuts:
        check_not_truncated(cut)
        np.copyto(block[filled : filled + len(cut)], cut, casting="unsafe")
        drop_pages(cut)
        filled += len(cut)


def concatenate_parts(
    read_parts: PartReader, infos: Iterable[tuple[str, PartInfo]], name: str
) -> ConcatenatedParts:
    """Return the storage of parts, given the name and the info of each.

    Raises
    ------
    ValueError
        If there are no rows, or two parts differ in width or in kind.
    """
    known = [(called, info) for called, info in infos if info.n_rows]
    if not known:
        raise ValueError(f"{name}: there are no rows")
    first_called, first = known[0]
    for called, info in known:
        if (info.n_features, info.sparse) != (first.n_features, first.sparse):
            raise ValueError(
                f"{called} is {info.kind} with {info.n_features} columns, but "
                f"{first_called} is {first.kind} with {first.n_features}"
            )
        if None not in (info.columns, first.columns) and info.columns != first.columns:
            raise ValueError(
                f"{called} has other columns than {first_called}, or in another order: "
                f"{listed(info.columns or ())}; {listed(first.columns or ())}"
            )
    return ConcatenatedParts(
        read_parts,
        np.cumsum([0, *(info.n_rows for _, info in known)]),
        first.n_features,
        np.result_type(*{info.dtype for _, info in known}),
        first.sparse,
        sum(info.n_stored for _, info in known),
    )
