"""Cells of tables with ids: of text and of Parquet or Feather files."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from latentia.reading.tables import NamedColumns
from latentia.reading.tables.options import arrow

Array = NDArray[Any]


def ids_of(table: NamedColumns, name: str) -> tuple[Array, Array]:
    """Return the ids in ascending order, and the number of that of each row.

    Raises
    ------
    ValueError
        If they are neither text nor integers, or one is missing.
    """
    column = table.columns[name]
    types = arrow("pyarrow.types")
    if not types.is_dictionary(column.type):
        column = column.dictionary_encode()
    kind = column.type.value_type
    if not (types.is_integer(kind) or is_text(column)):
        raise ValueError(
            f"{table.path}: ids must be text or integers, column {name!r} has {kind}"
        )
    check_no_nulls(table, name, column)
    # A column of pandas' categories may have some that no row has.
    used, codes = np.unique(codes_of(column), return_inverse=True)
    known = column.dictionary.to_pylist()
    distinct = [known[code] for code in used]
    order = sorted(range(len(distinct)), key=distinct.__getitem__)
    if "" in distinct:
        empty = codes == distinct.index("")
        raise_at(table, name, int(empty.argmax()), "is empty")
    if types.is_integer(kind) and distinct and distinct[order[-1]] >= 2**63:
        raise ValueError(
            f"{table.path}: ids must be below 2**63, or text, column {name!r} has "
            f"{distinct[order[-1]]}"
        )
    ids = np.empty(len(distinct), dtype=np.int64 if types.is_integer(kind) else object)
    ids[:] = [distinct[i] for i in order]
    number = np.empty(len(distinct), dtype=np.int64)
    number[order] = np.arange(len(distinct))
    return ids, number[codes]


def is_text(column: Any) -> bool:
    """Return whether a column has text, as a dictionary or not."""
    types = arrow("pyarrow.types")
    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    return bool(types.is_string(kind) or types.is_large_string(kind))


def codes_of(column: Any) -> Array:
    """Return the number of the distinct value of each row of a dictionary."""
    codes: Array = column.indices.to_numpy(zero_copy_only=False)
    return codes


def check_no_nulls(table: NamedColumns, name: str, column: Any) -> None:
    """Raise a ValueError if a cell is missing."""
    if column.null_count:
        missing = column.is_null().to_numpy(zero_copy_only=False)
        raise_at(table, name, int(missing.argmax()), "is missing")


def raise_at(table: NamedColumns, name: str, row: int, what: str) -> NoReturn:
    """Raise a ValueError about a cell, which names its file, line and column."""
    raise ValueError(f"{table.path}, {table.place(row)}: column {name!r} {what}")
