"""Parquet files, by row groups, and Feather files, by record batches."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from latentia.reading.tables.options import TableOptions, arrow
from latentia.reading.tables.values import check_types

_BATCH_BYTES = 1 << 20
_READ_BYTES = 1 << 16
"""Bytes that are read at once of each column of a row group."""


@dataclass(frozen=True)
class BinaryFile:
    """A Parquet or Feather file.

    Attributes
    ----------
    path : Path
    schema : pyarrow.Schema
    index : tuple of int
        Columns that pandas stored as the index of the data frame.
    """

    path: Path
    schema: Any
    index: tuple[int, ...]
    remarks: tuple[str, ...] = ()
    has_names = True

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(self.schema.names)

    @property
    def may_count(self) -> bool:
        """Whether the first column holds integers."""
        return bool(arrow("pyarrow.types").is_integer(self.schema.field(0).type))

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Return the common type of some columns, or raise ValueError."""
        schema = arrow().schema([self.schema.field(c) for c in columns])
        return check_types(schema, schema.names)

    def batches(
        self, columns: Sequence[int], wanted: Collection[int] | None = None
    ) -> Iterator[Any]:
        """Yield record batches of these columns; None for those that are not wanted."""
        rows = max(1, _BATCH_BYTES // (8 * len(columns)))
        if self.path.suffix.lower() == ".parquet":
            yield from self._row_groups(columns, rows, wanted)
        else:
            yield from self._stored_batches(columns, rows)

    def _row_groups(
        self, columns: Sequence[int], rows: int, wanted: Collection[int] | None
    ) -> Iterator[Any]:
        leaves = [self.schema.names[c] for c in columns]
        number = 0
        with arrow("pyarrow.parquet").ParquetFile(
            self.path, pre_buffer=False, buffer_size=_READ_BYTES
        ) as file:
            for group in range(file.num_row_groups):
                n = -(-file.metadata.row_group(group).num_rows // rows)
                numbers = range(number, number + n)
                number += n
                if wanted is not None and not any(i in wanted for i in numbers):
                    yield from [None] * n
                    continue
                found = file.iter_batches(
                    rows, row_groups=[group], columns=leaves, use_threads=False
                )
                # ParquetFile returns columns in the order of the file.
                yield from (batch.select(leaves) for batch in found)

    def _stored_batches(self, columns: Sequence[int], rows: int) -> Iterator[Any]:
        ipc = arrow("pyarrow.ipc")
        with closing(arrow().OSFile(str(self.path))) as opened:
            options = ipc.IpcReadOptions(use_threads=False)
            file = ipc.open_file(opened, options=options)
            for number in range(file.num_record_batches):
                batch = file.get_batch(number).select(list(columns))
                for begin in range(0, batch.num_rows, rows):
                    yield batch.slice(begin, rows)


def binary_file(path: Path, options: TableOptions) -> BinaryFile:
    """Return a Parquet or Feather file.

    Raises
    ------
    ValueError
        If an option for text is given, or two columns have the same name.
    """
    for option in ("header", "delimiter"):
        if getattr(options, option) is not None:
            raise ValueError(
                f"{option} must only be given with a table of text (.csv, .tsv)"
            )
    if path.suffix.lower() == ".parquet":
        schema = arrow("pyarrow.parquet").read_schema(path)
    else:
        with closing(arrow().memory_map(str(path))) as mapped:
            schema = arrow("pyarrow.ipc").open_file(mapped).schema
    names = schema.names
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"several columns have the name {twice!r}")
    return BinaryFile(path, schema, _pandas_index(schema))


def _pandas_index(schema: Any) -> tuple[int, ...]:
    """Return the columns that pandas stored as the index of its data frame."""
    text = (schema.metadata or {}).get(b"pandas")
    if text is None:
        return ()
    index = json.loads(text).get("index_columns", [])
    # A RangeIndex is not a column; it is stored as a dict.
    names = schema.names
    return tuple(names.index(name) for name in index if name in names)
