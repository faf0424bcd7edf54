"""Input of ``recommend``: a table with one event of a user with an item a row."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from latentia.cli.cells import (
    Array,
    check_no_nulls,
    codes_of,
    ids_of,
    is_text,
    raise_at,
)
from latentia.reading.tables import NamedColumns, read_named_columns
from latentia.reading.tables.options import arrow
from latentia.recommend import Interactions


class EventTable(NamedTuple):
    """The events of a table.

    Attributes
    ----------
    data : Interactions
    n_events : int
        Rows of the table.
    n_repeated : int
        Ratings that were replaced by a later one of the same user and item.
    """

    data: Interactions
    n_events: int
    n_repeated: int


def read_events(
    path: Path,
    user: str,
    item: str,
    value: str | None,
    time: str | None,
    *,
    ratings: bool = False,
) -> EventTable:
    """Read the events of a table.

    Parameters
    ----------
    path : Path
    user, item : str
        Columns of ids: the strings of a text as they are, strings or integers of a
        Parquet or Feather file.
    value, time : str, optional
        Columns of values ≥ 0 and of times: numbers or ISO 8601.
    ratings : bool, default=False
        The last value of a pair counts, by time or else in the order of the table, and
        0 is a rating. Otherwise values are added, and 0 is no event.

    Raises
    ------
    ValueError
        If a column or a cell is missing or wrong; the message names the line.
    OSError, ImportError
        As ``read_named_columns``.
    """
    names = [name for name in (user, item, value, time) if name is not None]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"--user, --item, … must be different, got {name!r} twice")
    table = read_named_columns(path, names)
    if not len(table.columns[user]):
        raise ValueError(f"{path} has no events, only names of columns")
    users, rows = ids_of(table, user)
    items, columns = ids_of(table, item)
    values = None if value is None else _values(table, value)
    times = None if time is None else _times(table, time)
    n_events = len(rows)
    if ratings:
        last = _last(rows, columns, times, len(items))
        rows, columns = rows[last], columns[last]
        values = None if values is None else values[last]
        times = None if times is None else times[last]
    data = Interactions.from_arrays(rows, columns, values, times, keep_zeros=ratings)
    if not data.n_stored:
        raise ValueError(f"{path} has only values of 0 in the column {value!r}")
    data = Interactions(data.matrix, users, items, data.times)
    return EventTable(data, n_events, n_events - len(rows))


def _values(table: NamedColumns, name: str) -> Array:
    column = table.columns[name]
    types = arrow("pyarrow.types")
    if is_text(column):
        found = _parsed(table, name, column, float, "a number")
    else:
        known = types.is_floating, types.is_integer, types.is_boolean, types.is_decimal
        if not any(is_kind(column.type) for is_kind in known):
            raise ValueError(
                f"{table.path}: values must be numbers, column {name!r} has "
                f"{column.type}"
            )
        check_no_nulls(table, name, column)
        found = column.cast(arrow().float64(), safe=False).to_numpy()
    for wrong, what in ((~np.isfinite(found), "is not finite"), (found < 0, "is < 0")):
        if wrong.any():
            row = int(wrong.argmax())
            raise_at(table, name, row, f"{what}: {found[row]:g}")
    small = found.astype(np.float32)
    fits = (found < 2.0**24).all() and ((small > 0) == (found > 0)).all()
    return small if fits else found


def _times(table: NamedColumns, name: str) -> Array:
    column = table.columns[name]
    types = arrow("pyarrow.types")
    if is_text(column):
        return _parsed(table, name, column, _time, "a number or a time in ISO 8601")
    check_no_nulls(table, name, column)
    if types.is_date(column.type):
        column = column.cast(arrow().timestamp("us"))
    if types.is_timestamp(column.type):
        column = column.cast(arrow().timestamp("us"), safe=False)
    elif not (types.is_integer(column.type) or types.is_floating(column.type)):
        raise ValueError(
            f"{table.path}: times must be numbers or timestamps, column {name!r} has "
            f"{column.type}"
        )
    found: Array = column.to_numpy(zero_copy_only=False)
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise_at(table, name, int((~np.isfinite(found)).argmax()), "is not finite")
    return found


def _parsed(
    table: NamedColumns,
    name: str,
    column: Any,
    parse: Callable[[str], Any],
    wanted: str,
) -> Array:
    """Return the numbers or times of a column of text; each cell is read once."""
    types = arrow("pyarrow.types")
    if not types.is_dictionary(column.type):
        check_no_nulls(table, name, column)
        column = column.dictionary_encode()
    codes, cells = codes_of(column), column.dictionary.to_pylist()
    parsed: list[Any] = []
    for code, cell in enumerate(cells):
        try:
            one = parse(cell)
            same = not parsed or isinstance(one, float) == isinstance(parsed[0], float)
        except ValueError:
            same = False
        if not same or (isinstance(one, float) and math.isnan(one)):
            row = int((codes == code).argmax())
            empty = not cell.strip()
            text = "is empty" if empty else f"is not {wanted}: {cell[:60]!r}"
            if parsed and not empty and parse is _time:
                text += f", unlike {cells[0][:60]!r} above"
            raise_at(table, name, row, text)
        parsed.append(one)
    dtype = "f8" if isinstance(parsed[0], float) else "M8[us]"
    found: Array = np.array(parsed, dtype=dtype)[codes]
    return found


def _time(cell: str) -> float | datetime:
    """Return a number, or a time of ISO 8601 in UTC."""
    try:
        return float(cell)
    except ValueError:
        found = datetime.fromisoformat(cell.strip())
        if found.tzinfo is not None:
            found = found.astimezone(UTC).replace(tzinfo=None)
        return found


def _last(rows: Array, columns: Array, times: Array | None, n_items: int) -> Array:
    """Return the last row of the table of each pair, ascending."""
    order = np.arange(len(rows)) if times is None else np.argsort(times, kind="stable")
    pair = rows[order] * n_items + columns[order]
    _, first = np.unique(pair[::-1], return_index=True)
    return np.sort(order[len(order) - 1 - first])
