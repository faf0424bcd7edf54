"""Tables of text: .csv and .tsv, compressed or not."""

from __future__ import annotations

import codecs
import gzip
import re
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from .columns import ASKED_OTHERS, label
from .header import MISSING, find_header, is_number, is_whole
from .options import TableOptions, arrow

_BLOCK_BYTES = 1 << 20
_MOST_BLOCK_BYTES = 1 << 30
_ROWS_LOOKED_AT = 1000
_COMMAS = re.compile(r"[+-]?\d*([,.]\d+)+")
_DELIMITERS = ";\t|,"


@dataclass(frozen=True)
class TextFile:
    """A table of text.

    Attributes
    ----------
    path : Path
    delimiter : str
    names : tuple of str
        Of all columns: those of the header, or "0", "1", ….
    index : tuple of int
        The first column if it has no name and others have one.
    remarks : tuple of str
        What was decided by looking at the first line.
    n_blank : int
        Lines without anything before the first.
    has_names : bool
        Whether the first line has names.
    whole : tuple of bool
        Which columns have whole numbers alone, as far as they were looked at.
    block_bytes : int
        What is read at once: a row is not longer.
    """

    path: Path
    delimiter: str
    names: tuple[str, ...]
    index: tuple[int, ...]
    remarks: tuple[str, ...]
    n_blank: int
    has_names: bool
    whole: tuple[bool, ...]
    block_bytes: int

    def may_count(self, column: int) -> bool:
        """Whether a column can hold 0, 1, 2, …: it is written so."""
        return self.whole[column]

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Return float64."""
        return np.dtype(np.float64)

    def batches(
        self, columns: Sequence[int], wanted: Collection[int] | None = None
    ) -> Iterator[Any]:
        """Yield record batches of these columns.

        Raises
        ------
        ValueError
            If a cell is not a number, or a row has another length; it names both.
        """
        float64 = arrow().float64()
        row = 0
        try:
            for batch in self._read(columns, float64):
                yield batch
                row += batch.num_rows
        except arrow().ArrowInvalid as error:
            raise self._explained(columns, row) or error from error

    def _read(self, columns: Sequence[int], type_: Any) -> Generator[Any]:
        return _read(
            self.path,
            self.delimiter,
            self.block_bytes,
            names=[str(c) for c in range(len(self.names))],
            columns=[str(c) for c in columns],
            n_blank=self.n_blank,
            has_names=self.has_names,
            type_=type_,
        )

    def _explained(self, columns: Sequence[int], row: int) -> ValueError | None:
        """Return an error that names the first cell that is not a number, if any."""
        begin = 0
        for batch in self._read(columns, arrow().string()):
            if begin + batch.num_rows > row:
                for place, cells in enumerate(batch.columns):
                    for number, cell in enumerate(cells.to_pylist(), start=begin):
                        if not (cell.strip() in MISSING or is_number(cell)):
                            return _no_number(number, self.names[columns[place]], cell)
            begin += batch.num_rows
        return None


def text_file(path: Path, options: TableOptions) -> TextFile:
    """Return a table of text, by what its first line and the rows below it are like.

    Raises
    ------
    ValueError
        If there are no rows, if the first line could be names or data, or if it looks
        as if another delimiter was meant.
    """
    delimiter = options.delimiter or ("\t" if ".tsv" in path.name.lower() else ",")
    n_blank = _blank_lines(path)
    rows, block_bytes = _first_rows(path, delimiter, n_blank)
    first, below = rows[0], rows[1:]
    if len(first) == 1 and options.delimiter is None:
        for other in _DELIMITERS:
            if all(other in row[0] for row in rows[:10]):
                raise ValueError(
                    f"rows such as {first[0][:40]!r} are one cell: say what stands "
                    f"between two, like delimiter={other!r} (--delimiter {other!r})"
                )
    remark = None
    has_names = options.header
    if has_names is None:
        header = find_header(first, below)
        has_names, remark = header.has_names, header.remark
    if has_names:
        names = tuple(cell.strip() for cell in first)
    else:
        names, below = tuple(str(c) for c in range(len(first))), rows
    if not below:
        raise ValueError("it holds no numbers, but column names alone")
    return TextFile(
        path,
        delimiter,
        names,
        (0,) if names[0] == "" and len(names) > 1 else (),
        () if remark is None else (remark,),
        n_blank,
        has_names,
        tuple(all(map(is_whole, column)) for column in zip(*below, strict=True)),
        block_bytes,
    )


def _first_rows(
    path: Path, delimiter: str, n_blank: int
) -> tuple[list[list[str]], int]:
    """Return cells of the first rows, as text, and a block size that holds a row."""
    size = _BLOCK_BYTES
    while True:
        head = _head(path, size)
        whole = len(head) < size
        try:
            names = _names(head, delimiter, n_blank)
            text = arrow().string()
            found = _first(
                _read(path, delimiter, size, n_blank=n_blank, names=names, type_=text)
            )
            break
        except arrow().ArrowInvalid:
            if whole or size >= _MOST_BLOCK_BYTES:
                raise
            size *= 4  # no line ends within a block
    cells = [column.to_pylist() for column in found.slice(0, _ROWS_LOOKED_AT)]
    # Rows may become longer further down.
    return [list(row) for row in zip(*cells, strict=True)], 4 * size


def _names(head: bytes, delimiter: str, n_blank: int) -> list[str]:
    """Return a name for each cell of the first row of some text.

    Raises
    ------
    pyarrow.ArrowInvalid
        If there is none.
    """
    csv = arrow("pyarrow.csv")
    reader = csv.open_csv(
        # A line without an end is no row for Arrow as long as it counts columns.
        arrow().BufferReader(head + b"\n"),
        read_options=csv.ReadOptions(
            autogenerate_column_names=True,
            skip_rows=n_blank,
            use_threads=False,
            block_size=len(head) + 1,
        ),
        parse_options=csv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            invalid_row_handler=lambda row: "skip",
        ),
    )
    return list(reader.schema.names)


def _first(batches: Generator[Any]) -> Any:
    with closing(batches):
        for batch in batches:
            return batch
    raise ValueError("it holds no numbers")


def _read(
    path: Path,
    delimiter: str,
    block_bytes: int,
    *,
    names: Sequence[str],
    columns: Sequence[str] = (),
    n_blank: int = 0,
    has_names: bool = False,
    type_: Any = None,
) -> Generator[Any]:
    """Yield record batches; columns of all rows have the names and one type.

    Raises
    ------
    ValueError
        If a row has another length than the first; pyarrow.ArrowInvalid for the rest.
    """
    csv = arrow("pyarrow.csv")
    wrong: list[Any] = []

    def other_length(row: Any) -> str:
        if not row.text.strip():
            return "skip"
        wrong.append(row)
        return "error"

    missing = [text for cell in sorted(MISSING) for text in (cell, f" {cell}")]
    with closing(arrow().input_stream(str(path), compression="detect")) as stream:
        try:
            reader = csv.open_csv(
                stream,
                # One thread: rows have numbers then.
                read_options=csv.ReadOptions(
                    column_names=list(names),
                    skip_rows=n_blank,
                    skip_rows_after_names=int(has_names),
                    block_size=block_bytes,
                    use_threads=False,
                ),
                parse_options=csv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=other_length,
                ),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(names, type_),
                    include_columns=list(columns),
                    null_values=missing,
                ),
            )
            yield from (batch for batch in reader if batch.num_rows)
        except arrow().ArrowInvalid as error:
            if str(error).startswith("Empty CSV"):
                raise ValueError("it holds no numbers") from error
            if not wrong:
                raise
            raise _other_length(wrong[0], delimiter) from error


def _other_length(row: Any, delimiter: str) -> ValueError:
    other = next((d for d in _DELIMITERS if d != delimiter and d in row.text), None)
    hint = ""
    if row.expected_columns == 1 and other is not None:
        hint = f"; is it delimiter={other!r} (--delimiter {other!r})?"
    return ValueError(
        f"line {row.number} (blank ones not counted) has {row.actual_columns} cells, "
        f"the first has {row.expected_columns}: {row.text[:60]!r}{hint}"
    )


def _no_number(row: int, name: str, cell: str) -> ValueError:
    commas = _COMMAS.fullmatch(cell.strip())
    why = "; decimal commas and separators of thousands are not read" if commas else ""
    return ValueError(
        f"row {row}, column {label(name)}: {cell[:60]!r} is not a number{why}; choose "
        f"columns of numbers with {ASKED_OTHERS}"
    )


def _blank_lines(path: Path) -> int:
    """Return how many lines without anything come first.

    Raises
    ------
    ValueError
        If the file does not begin with text in UTF-8.
    """
    head = _head(path, _BLOCK_BYTES)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not text in UTF-8: {error}") from error
    if "\0" in text:
        raise ValueError("it is not text, but has a zero byte")
    return text[: len(text) - len(text.lstrip(" \r\n"))].count("\n")


def _head(path: Path, n_bytes: int) -> bytes:
    """Return the first bytes of a text, decompressed."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with cast(IO[bytes], opener(path, "rb")) as file:
        return file.read(n_bytes)
