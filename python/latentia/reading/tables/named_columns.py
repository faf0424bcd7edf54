"""Columns of any type, by their names: ids, values and times of events."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, cast

from latentia._arguments import did_you_mean
from latentia.reading.damage import reading
from latentia.reading.tables.binary import binary_file
from latentia.reading.tables.options import TableOptions, arrow, returning_memory
from latentia.reading.tables.table import is_table

_BLOCK_BYTES = 1 << 23
"""Bytes of text that are read at once; a longer row is an error."""

_SHOWN = 20

_OTHER_ENCODING = "is not text in UTF-8: save the table in that encoding"


@dataclass(frozen=True)
class NamedColumns:
    """Columns of a table.

    Attributes
    ----------
    path : Path
    columns : dict of pyarrow.Array
        By name. Those of a text are dictionary arrays of strings, as they stand there.
    is_text : bool
    """

    path: Path
    columns: dict[str, Any]
    is_text: bool

    def place(self, row: int) -> str:
        """Return "line 12" of a text, or "row 10" of a Parquet file, from 0 on."""
        if not self.is_text:
            return f"row {row}"
        lines = islice((line for _, line in _rows(self.path)), row + 1, None)
        return f"line {next(lines)}"  # the first row has the names


class _ColumnError(ValueError):
    """The table has no such column."""


def read_named_columns(path: Path, names: Sequence[str] | None = None) -> NamedColumns:
    """Read columns of a table whose columns have names.

    Parameters
    ----------
    path : Path
        It ends in ``.csv``, ``.tsv``, ``.csv.gz``, ``.tsv.gz``, ``.parquet`` or
        ``.feather``. The first line of a text has the names.
    names : sequence of str, optional
        By default all.

    Raises
    ------
    ValueError
        If the ending is another one, a column is missing or has the name of another
        one, the file is damaged, or a row has another number of cells.
    OSError
        If the file cannot be read.
    ImportError
        If pyarrow is missing.
    """
    if not is_table(path):
        raise ValueError(
            "events and features must be in a table (.csv, .tsv, .csv.gz, .tsv.gz, "
            f".parquet, .feather), got {path}"
        )
    is_text = path.suffix.lower() not in (".parquet", ".feather")
    try:
        with reading(path, "table"), returning_memory():
            found = (_of_text if is_text else _of_binary)(path, names)
    except ValueError as error:
        if isinstance(error.__cause__, _ColumnError):  # the table is not damaged
            raise ValueError(f"{path}: {error.__cause__}") from None
        raise
    return NamedColumns(path, found, is_text)


def _of_text(path: Path, names: Sequence[str] | None) -> dict[str, Any]:
    pa, pa_csv = arrow(), arrow("pyarrow.csv")
    first, line = next(_rows(path), ([], 1))
    if not first:
        raise ValueError("it is empty")
    header = [cell.strip() for cell in first]
    if any("\0" in cell for cell in header):
        raise ValueError(f"line {line} {_OTHER_ENCODING}")
    names = header if names is None else names
    _check_names(header, names)
    numbers = [str(number) for number in range(len(header))]
    wrong: list[Any] = []

    def other_length(row: Any) -> str:
        if not row.text.strip():
            return "skip"
        wrong.append(row)
        return "error"

    wanted = {name: numbers[header.index(name)] for name in names}
    text = pa.dictionary(pa.int32(), pa.string())
    with closing(pa.input_stream(str(path), compression="detect")) as stream:
        try:
            table = pa_csv.read_csv(
                stream,
                read_options=pa_csv.ReadOptions(
                    column_names=numbers,
                    skip_rows=line - 1,
                    skip_rows_after_names=1,
                    block_size=_BLOCK_BYTES,
                    use_threads=False,  # else errors have no row numbers
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=_delimiter(path),
                    newlines_in_values=True,
                    invalid_row_handler=other_length,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(wanted.values(), text),
                    include_columns=list(dict.fromkeys(wanted.values())),
                ),
            )
        except pa.ArrowInvalid as error:
            if not wrong:
                for _ in _rows(path):  # it may be the encoding
                    pass
                raise
            row = wrong[0]
            raise ValueError(
                f"line {row.number} (without empty lines) must have "
                f"{row.expected_columns} cells, as the first has, got "
                f"{row.actual_columns}: {row.text[:60]!r}"
            ) from error
    return {
        name: table[number].unify_dictionaries().combine_chunks()
        for name, number in wanted.items()
    }


def _of_binary(path: Path, names: Sequence[str] | None) -> dict[str, Any]:
    file = binary_file(path, TableOptions())
    names = file.names if names is None else names
    _check_names(file.names, names)
    wanted = list(dict.fromkeys(names))
    places = [file.names.index(name) for name in wanted]
    batches = [batch for batch in file.batches(places) if batch is not None]
    schema = arrow().schema([file.schema.field(place) for place in places])
    table = arrow().Table.from_batches(batches, schema)
    return {name: table[name].combine_chunks() for name in wanted}


def _check_names(known: Sequence[str], names: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            shown = ", ".join(repr(one) for one in known[:_SHOWN])
            raise _ColumnError(
                f"there is no column {name!r}{did_you_mean(name, known)}; the columns "
                f"are {shown}{', …' if len(known) > _SHOWN else ''}{_hint(known)}"
            )
        if list(known).count(name) > 1:
            raise _ColumnError(f"several columns have the name {name!r}")


def _hint(known: Sequence[str]) -> str:
    """Return what may be wrong if a table seems to have one column."""
    found = [sign for sign in ";\t|," if len(known) == 1 and sign in known[0]]
    if not found:
        return ""
    return f": cells must be separated by commas, in a .tsv by tabs, got {found[0]!r}"


def _delimiter(path: Path) -> str:
    return "\t" if ".tsv" in path.name.lower() else ","


def _rows(path: Path) -> Iterator[tuple[list[str], int]]:
    """Yield the rows of a text that are not empty, and their first lines, from 1 on."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    opened = opener(path, "rt", encoding="utf-8-sig", newline="")
    with cast(TextIO, opened) as file:
        rows, last = csv.reader(file, delimiter=_delimiter(path)), 0
        try:
            for row in rows:
                if any(cell.strip() for cell in row) or len(row) > 1:
                    yield row, last + 1
                last = rows.line_num
        except UnicodeDecodeError as error:
            raise ValueError(
                f"line {last + 1} or a later one {_OTHER_ENCODING}"
            ) from error
