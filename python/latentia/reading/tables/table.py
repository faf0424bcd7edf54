"""An open table: its columns are selected and its rows are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latentia.reading.damage import reading
from latentia.reading.tables.binary import binary_file
from latentia.reading.tables.columns import KEEP, choose, found_index, label
from latentia.reading.tables.options import TableOptions, returning_memory
from latentia.reading.tables.text import text_file
from latentia.reading.tables.values import fill, to_array

_TEXT = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_BINARY = (".parquet", ".feather")
TABLE_ENDINGS = _TEXT + _BINARY
_LEAST_COUNTED = 3
"""With fewer rows a column 0, 1, 2, … can be a coincidence and is not an index."""


class TableFile(Protocol):
    """A file whose columns are read as record batches."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns."""

    @property
    def index(self) -> tuple[int, ...]:
        """Columns that the file itself marks as an index."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Decisions that were based on the content of the file."""

    @property
    def has_names(self) -> bool:
        """Whether the file has the names of the columns."""

    @property
    def may_count(self) -> bool:
        """Whether the first column holds integers, so that it can be 0, 1, 2, …."""

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Return the common type of some columns, or raise ValueError."""

    def batches(self, columns: Sequence[int], wanted: Any = None) -> Iterator[Any]:
        """Yield the record batches; None for those that are not wanted."""


@dataclass(frozen=True)
class Table:
    """A table of numbers in a file, which is read by batches of rows.

    Attributes
    ----------
    file : TableFile
        The file that is read.
    taken : tuple of int
        The columns that are features, in their order.
    counts : tuple of int
        Rows of each batch.
    dtype : dtype
        float32 if all columns are float32 or float16, else float64.
    first_missing : (int, str) or None
        Row and column name of the first missing value, which is NaN in the arrays.
    remarks : tuple of str
        Decisions that were based on the data.
    """

    file: TableFile
    taken: tuple[int, ...]
    counts: tuple[int, ...]
    dtype: np.dtype[Any]
    first_missing: tuple[int, str] | None
    remarks: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The file."""
        return self.file.path

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        return sum(self.counts), len(self.taken)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are features."""
        return tuple(self.file.names[c] for c in self.taken)

    @property
    def named(self) -> bool:
        """Whether the file has the names of the columns."""
        return self.file.has_names

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of the columns that are not taken."""
        taken = frozenset(self.taken)
        return tuple(n for c, n in enumerate(self.file.names) if c not in taken)

    def blocks(self, numbers: Sequence[int] | None = None) -> Iterator[NDArray[Any]]:
        """Yield batches of rows as arrays, those with these ascending numbers or all.

        Raises
        ------
        ValueError
            If the file is damaged, or not as it was when it was opened.
        """
        wanted = None if numbers is None else frozenset(numbers)
        with reading(self.path, "table"), returning_memory():
            for number, batch in enumerate(self.file.batches(self.taken, wanted)):
                if wanted is None or number in wanted:
                    yield to_array(batch, self.dtype)
                if numbers is not None and number == numbers[-1]:
                    return

    def read(self) -> NDArray[Any]:
        """Return the whole matrix.

        Raises
        ------
        ValueError
            As ``blocks``.
        """
        whole, row = np.empty(self.shape, self.dtype), 0
        with reading(self.path, "table"), returning_memory():
            for batch in self.file.batches(self.taken):
                fill(batch, whole[row : row + batch.num_rows])
                row += batch.num_rows
        return whole


def is_table(path: str | PathLike[str]) -> bool:
    """Whether a file name has the ending of a table."""
    return Path(path).name.lower().endswith(TABLE_ENDINGS)


def open_table(path: str | PathLike[str], options: TableOptions | None = None) -> Table:
    """Open a table: select its columns, and read it once to count and check its rows.

    Parameters
    ----------
    path : path-like
        It ends in ``.csv``, ``.tsv``, ``.csv.gz``, ``.tsv.gz``, ``.parquet`` or
        ``.feather``. Text is UTF-8.
    options : TableOptions, optional

    Returns
    -------
    table : Table
        An index is left out: a first column without name, one that pandas stored as
        index, or a first column that counts 0 … n_rows − 1; ``remarks`` tell this.

    Raises
    ------
    ValueError
        If a cell is not a number or a row has another length (the message names the
        row, counted from 0, and the column), if the first line could be names or data,
        if an option does not match the table, or if there are no rows.
    OSError
        If the file cannot be opened.
    ImportError
        If pyarrow is missing.
    """
    path, options = Path(path), options or TableOptions()
    with reading(path, "table"), returning_memory():
        text = path.name.lower().endswith(_TEXT)
        file: TableFile = (text_file if text else binary_file)(path, options)
        chosen = choose(file.names, options)
        index, remarks = found_index(file.names, file.index, options)
        chosen = [c for c in chosen if c not in index]
        guess = options.index_column is None and options.columns is None and not index
        guess = guess and len(chosen) > 1 and file.may_count
        found = _Scan(counting=guess).over(file, chosen)
        if found.counting and sum(found.counts) >= _LEAST_COUNTED:
            name = label(file.names[chosen[0]])
            remarks.append(
                f"column {name} counts the rows, 0 … {sum(found.counts) - 1}, is "
                f"treated as the index and left out; {KEEP}"
            )
            chosen = chosen[1:]
        if not found.counts:
            raise ValueError("it holds no rows")
    missing = None
    if found.missing is not None:
        row, place = found.missing
        missing = row, file.names[place]
    return Table(
        file,
        tuple(chosen),
        tuple(found.counts),
        file.dtype(chosen),
        missing,
        (*file.remarks, *remarks),
    )


class _Scan:
    """Results of one pass over all batches.

    Attributes
    ----------
    counts : list of int
        Rows of each batch.
    counting : bool
        Whether the first column is 0, 1, 2, ….
    missing : (int, int) or None
        Row and column of the first missing value.
    """

    def __init__(self, *, counting: bool) -> None:
        self.counts: list[int] = []
        self.counting = counting
        self.missing: tuple[int, int] | None = None

    def over(self, file: TableFile, columns: Sequence[int]) -> _Scan:
        dtype = file.dtype(columns)
        begin = 0
        for batch in file.batches(columns):
            block = to_array(batch, dtype)
            rows = np.arange(begin, begin + len(block))
            self.counting = self.counting and bool((block[:, 0] == rows).all())
            if self.missing is None and (where := np.argwhere(np.isnan(block))).size:
                self.missing = begin + int(where[0, 0]), columns[int(where[0, 1])]
            self.counts.append(len(block))
            begin += len(block)
        return self
