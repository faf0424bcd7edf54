"""Tables of text: .csv and .tsv, compressed or not."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from latentia.reading.tables.columns import ASKED_OTHERS, label
from latentia.reading.tables.first_rows import first_rows
from latentia.reading.tables.header import MISSING, find_header, is_number, is_whole
from latentia.reading.tables.options import TableOptions, arrow

# Arrow reads about 30 blocks ahead.
_BLOCK_BYTES = 1 << 18
# Each column of a block costs time, so blocks of wide rows are larger.
_WIDE_BLOCK_BYTES = 1 << 22
_WIDE_BLOCK_ROWS = 32
# Later rows can be longer than the first ones.
_LEAST_BLOCK_ROWS = 8
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
        Names of all columns: those of the header, or "0", "1", ….
    index : tuple of int
        The first column if it has no name and others have one.
    remarks : tuple of str
        Decisions that were based on the first line.
    n_blank : int
        Empty lines before the first row.
    has_names : bool
        Whether the first line has names.
    may_count : bool
        Whether the first column has only integers in the first rows.
    block_bytes : int
        Bytes that are read at once; a longer row is an error.
    """

    path: Path
    delimiter: str
    names: tuple[str, ...]
    index: tuple[int, ...]
    remarks: tuple[str, ...]
    n_blank: int
    has_names: bool
    may_count: bool
    block_bytes: int

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
            If a cell is not a number, or a row has another length. The message names
            the row and the column.
        """
        row = 0
        try:
            for batch in self._read(columns, arrow().float64()):
                yield batch
                row += batch.num_rows
        except arrow().ArrowInvalid as error:
            raise self._explained(columns, row) or error from error

    def _read(self, columns: Sequence[int], type_: Any) -> Generator[Any]:
        """Yield record batches whose columns have one type.

        Raises
        ------
        ValueError
            If a row has another length than the first; pyarrow.ArrowInvalid for the
            rest.
        """
        csv = arrow("pyarrow.csv")
        names = [str(c) for c in range(len(self.names))]
        taken = [names[c] for c in columns]
        wrong: list[Any] = []

        def other_length(row: Any) -> str:
            if not row.text.strip():
                return "skip"
            wrong.append(row)
            return "error"

        with closing(
            arrow().input_stream(str(self.path), compression="detect")
        ) as stream:
            try:
                reader = csv.open_csv(
                    stream,
                    read_options=csv.ReadOptions(
                        column_names=names,
                        skip_rows=self.n_blank,
                        skip_rows_after_names=int(self.has_names),
                        block_size=self.block_bytes,
                        use_threads=False,  # else errors have no row numbers
                    ),
                    parse_options=csv.ParseOptions(
                        delimiter=self.delimiter,
                        newlines_in_values=True,
                        invalid_row_handler=other_length,
                    ),
                    convert_options=csv.ConvertOptions(
                        column_types=dict.fromkeys(taken, type_),
                        include_columns=taken if taken != names else None,
                        null_values=[s for m in MISSING for s in (m, f" {m}")],
                    ),
                )
                yield from (batch for batch in reader if batch.num_rows)
            except arrow().ArrowInvalid as error:
                if not wrong:
                    raise
                raise _other_length(wrong[0], self.delimiter) from error

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
    """Open a table of text; its first rows decide about header and columns.

    Raises
    ------
    ValueError
        If there are no rows, if the first line could be names or data, or if the rows
        seem to have another delimiter.
    """
    delimiter = options.delimiter or ("\t" if ".tsv" in path.name.lower() else ",")
    start = first_rows(path, delimiter)
    first, below = start.cells[0], start.cells[1:]
    if len(first) == 1 and options.delimiter is None:
        for other in _DELIMITERS:
            if all(other in row[0] for row in start.cells[:10]):
                raise ValueError(
                    f"rows such as {first[0][:40]!r} have one cell; did you mean "
                    f"delimiter={other!r} (--delimiter {other!r})?"
                )
    has_names, remark = options.header, None
    if has_names is None:
        header = find_header(first, below)
        has_names, remark = header.has_names, header.remark
    if has_names:
        names = tuple(cell.strip() for cell in first)
    else:
        names, below = tuple(str(c) for c in range(len(first))), start.cells
    wide = min(_WIDE_BLOCK_ROWS * start.row_bytes, _WIDE_BLOCK_BYTES)
    return TextFile(
        path,
        delimiter,
        names,
        (0,) if names[0] == "" and len(names) > 1 else (),
        () if remark is None else (remark,),
        start.n_blank,
        has_names,
        all(is_whole(row[0]) for row in below),
        max(_BLOCK_BYTES, wide, _LEAST_BLOCK_ROWS * start.row_bytes),
    )


def _other_length(row: Any, delimiter: str) -> ValueError:
    other = next((d for d in _DELIMITERS if d != delimiter and d in row.text), None)
    hint = ""
    if row.expected_columns == 1 and other is not None:
        hint = f"; did you mean delimiter={other!r} (--delimiter {other!r})?"
    return ValueError(
        f"line {row.number} (without empty lines) must have {row.expected_columns} "
        f"cells, as the first has, got {row.actual_columns}: {row.text[:60]!r}{hint}"
    )


def _no_number(row: int, name: str, cell: str) -> ValueError:
    commas = _COMMAS.fullmatch(cell.strip())
    why = (
        "; decimal commas and thousands separators are not supported" if commas else ""
    )
    return ValueError(
        f"row {row}, column {label(name)}: {cell[:60]!r} is not a number{why}; select "
        f"columns of numbers with {ASKED_OTHERS}"
    )
