"""Matrices that follow each other, put together and cut anew."""

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
from latentia.rows.chunked.mapped import check_whole, let_go
from latentia.rows.chunked.storage import Span, block_type, in_turn
from latentia.rows.kinds import pandas_frame
from latentia.rows.source import Block, Csr

Piece = Any
"""A dense array or SciPy sparse matrix."""

Columns = tuple[str, ...] | None
"""The names of a frame's columns; None of an array."""

Giver = Callable[[Sequence[int]], Iterator[Piece]]
"""Gives the pieces with these ascending numbers, each when it is asked for."""


@dataclass(frozen=True)
class Form:
    """What is known of a piece before its rows are read."""

    n_rows: int
    n_features: int
    dtype: np.dtype[Any]
    sparse: bool
    n_stored: int
    columns: tuple[str, ...] | None = None

    @property
    def kind(self) -> str:
        """In words."""
        return "sparse" if self.sparse else "dense"


def as_piece(given: Any, name: str) -> tuple[Piece, Columns]:
    """Return a piece, and if it was given as a frame the names of its columns.

    Frames are pandas', Arrow's tables and record batches, and what gives such (polars).

    Raises
    ------
    TypeError, ValueError
        If a frame's columns are not of real numbers.
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


def _of_pandas(frame: Any, name: str) -> Piece:
    # Imported here as accept imports this package.
    from latentia.rows.accept import memory_rows

    block = memory_rows(frame, name=name).block
    if not isinstance(block, tuple):
        return block
    row_start, column, value, n_features = block
    shape = len(row_start) - 1, n_features
    return scipy.sparse.csr_array((value, column, row_start), shape=shape)


def form_of(piece: Piece, name: str, columns: Columns = None) -> Form:
    """Return what a piece is like.

    Raises
    ------
    TypeError, ValueError
        If it is no matrix of real numbers.
    """
    sparse = scipy.sparse.issparse(piece)
    masked = np.ma.is_masked(piece)
    if masked or not (sparse or isinstance(piece, np.ndarray)):
        raise TypeError(
            f"{name} must be an array, a frame or a SciPy sparse matrix, got "
            f"{type(piece).__name__}"
        )
    if len(piece.shape) != 2 or piece.shape[1] == 0:
        raise ValueError(
            f"{name} must be a matrix with at least one column, but its shape is "
            f"{piece.shape}"
        )
    n_rows, n_features = piece.shape
    n_stored = int(well_formed(piece, name).nnz) if sparse else n_rows * n_features
    dtype = block_type(piece.dtype, name)
    return Form(n_rows, n_features, dtype, sparse, n_stored, columns)


@dataclass(frozen=True)
class Pieces:
    """Pieces as one matrix.

    Attributes
    ----------
    give : callable
        Gives some of the pieces, counted without those that have no rows.
    offsets : ndarray of shape (n_pieces + 1,)
        The first row of each, and at last the number of rows.
    n_features : int
    dtype : dtype
    sparse : bool
    n_stored : int
    """

    give: Giver
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
        """Return None: pieces are read as a whole."""

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
        # The giver may still have to see that nothing follows.
        next(cuts, None)

    def _cuts(self, spans: Sequence[Span]) -> Generator[Piece]:
        """Yield what each span has of each piece under it, one after the other."""
        numbers = sorted({number for span in spans for number in self._under(span)})
        pieces = self.give(numbers)
        held, piece = -1, None  # type: int, Piece
        for begin, end in spans:
            for number in self._under((begin, end)):
                if number != held:
                    held, piece = number, self._checked(next(pieces), number)
                first, last = self.offsets[number : number + 2]
                yield piece[max(begin, first) - first : min(end, last) - first]
        next(pieces, None)

    def _under(self, span: Span) -> range:
        """Return the numbers of the pieces that have rows of a span."""
        ends = np.searchsorted(self.offsets, [span[0], span[1] - 1], side="right")
        return range(int(ends[0]) - 1, int(ends[1]))

    def _joined(self, cuts: Iterator[Piece]) -> Csr:
        joined = scipy.sparse.vstack(list(cuts), format="csr", dtype=self.dtype)
        return joined.indptr, joined.indices, joined.data, self.n_features

    def _checked(self, piece: Piece, number: int) -> Piece:
        """Return a piece that is as it was; a sparse one canonical."""
        # Imported here as accept imports this package.
        from latentia.rows.accept import memory_rows

        name = f"piece {number}"
        form = form_of(piece, name)
        n_rows = self.offsets[number + 1] - self.offsets[number]
        before = (n_rows, self.n_features, self.sparse)
        if (form.n_rows, form.n_features, form.sparse) != before:
            raise ValueError(
                f"{name} is {form.kind} and {form.n_rows} × {form.n_features}, but "
                f"when it was opened it had {n_rows} rows of {self.n_features}, "
                f"{'sparse' if self.sparse else 'dense'}"
            )
        if not self.sparse:
            return piece
        row_start, column, value, _ = memory_rows(piece, name=name).block
        return scipy.sparse.csr_array(
            (value, column, row_start), shape=piece.shape, copy=False
        )


def _copy(cuts: Iterator[Piece], block: NDArray[Any]) -> None:
    filled = 0
    for cut in cuts:
        check_whole(cut)
        np.copyto(block[filled : filled + len(cut)], cut, casting="unsafe")
        let_go(cut)
        filled += len(cut)


def as_pieces(give: Giver, forms: Iterable[tuple[str, Form]], name: str) -> Pieces:
    """Return the storage of pieces, given what each is called and like.

    Raises
    ------
    ValueError
        If there are no rows, or two pieces differ in width or in kind.
    """
    known = [(called, form) for called, form in forms if form.n_rows]
    if not known:
        raise ValueError(f"{name}: there are no rows")
    first_called, first = known[0]
    for called, form in known:
        if (form.n_features, form.sparse) != (first.n_features, first.sparse):
            raise ValueError(
                f"{called} is {form.kind} with {form.n_features} columns, but "
                f"{first_called} is {first.kind} with {first.n_features}"
            )
        if None not in (form.columns, first.columns) and form.columns != first.columns:
            raise ValueError(
                f"{called} has other columns than {first_called}, or in another order: "
                f"{listed(form.columns or ())}; {listed(first.columns or ())}"
            )
    return Pieces(
        give,
        np.cumsum([0, *(form.n_rows for _, form in known)]),
        first.n_features,
        np.result_type(*{form.dtype for _, form in known}),
        first.sparse,
        sum(form.n_stored for _, form in known),
    )
