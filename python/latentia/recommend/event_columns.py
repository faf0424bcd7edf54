"""Columns of a table of events, checked: values and times."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from latentia._arguments import did_you_mean
from latentia.recommend.ids import Array, one_axis


def column_of(frame: Any, name: str) -> Any:
    """Return a column of a table, or raise naming the columns that there are."""
    # An Arrow table has its columns, not their names, in "columns".
    columns = getattr(frame, "column_names", getattr(frame, "columns", None))
    if columns is None and hasattr(frame, "keys"):
        columns = frame.keys()
    if columns is None:
        names = getattr(getattr(frame, "dtype", None), "names", None)  # record array
        if names is None:
            raise TypeError(
                "the table must have named columns, as a data frame or a dict of "
                f"arrays has, got {type(frame).__name__}"
            )
        columns = names
    columns = [*columns]
    if name not in columns:
        shown = ", ".join(repr(column) for column in columns[:20])
        raise KeyError(
            f"there is no column {name!r}{did_you_mean(name, columns)}; "
            f"the columns are {shown}"
        )
    return frame[name]


def event_values(values: Any, name: str) -> Array:
    """Return float64 values, or float32 ones of float32; raise unless finite, ≥ 0."""
    array = one_axis(values, name)
    if array.dtype == object:
        array = _floats(array, name)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be numbers, got {array.dtype}")
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{name} must be finite and not negative, got {array[row]} in row {row}"
        )
    if array.dtype == np.float64:
        return array
    with np.errstate(over="ignore"):
        rounded = array.astype(np.float32)
    if not np.isfinite(rounded).all():
        row = int((~np.isfinite(rounded)).argmax())
        raise ValueError(f"{name} must fit in float32, got {array[row]} in row {row}")
    return rounded


def _floats(array: Array, name: str) -> Array:
    """Return objects as numbers; pandas' NA becomes NaN."""
    found = np.empty(len(array), dtype=np.float64)
    whole = True
    for row, value in enumerate(array):
        if value is None or type(value).__name__ == "NAType":
            found[row] = np.nan
            continue
        try:
            found[row] = float(value) if not isinstance(value, str) else float("x")
        except (TypeError, ValueError):
            raise TypeError(
                f"{name} must be numbers, got {value!r:.100} in row {row}"
            ) from None
        whole = whole and not isinstance(value, float | np.floating)
    with np.errstate(over="ignore"):
        rounded = found.astype(np.float32)
    return (
        rounded if whole and np.isfinite(rounded[np.isfinite(found)]).all() else found
    )


def event_times(times: Any, name: str) -> Array:
    """Return numbers or datetime64; raise if a time is missing."""
    array = one_axis(times, name)
    if array.dtype == object:
        array = _datetimes(array, name)
    if array.dtype.kind not in "iufM":
        raise TypeError(
            f"{name} must be numbers or datetimes, got {array.dtype}: convert them, "
            "for example with pandas.to_datetime"
        )
    missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(len(array), bool)
    missing = np.isnat(array) if array.dtype.kind == "M" else missing
    if missing.any():
        row = int(missing.argmax())
        raise ValueError(f"{name} must not be missing, got {array[row]} in row {row}")
    return array


def _datetimes(array: Array, name: str) -> Array:
    """Return objects as numbers or datetime64; times with a zone as UTC."""
    found = []
    for row, value in enumerate(array):
        if value is None or type(value).__name__ in ("NAType", "NaTType"):
            raise ValueError(f"{name} must not be missing, got {value!r} in row {row}")
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        found.append(value)
    kinds = {date if isinstance(value, date) else type(value) for value in found}
    if kinds == {date}:
        return np.array([np.datetime64(value, "us") for value in found])
    if kinds and all(issubclass(kind, int | float | np.number) for kind in kinds):
        return np.array(found)
    shown = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise TypeError(
        f"{name} must be numbers or datetimes, got {shown}: convert them, for example "
        "with pandas.to_datetime"
    )
