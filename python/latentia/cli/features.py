"""Input of ``recommend``: a table with the features of a user or an item a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia.cli.cells import (
    Array,
    codes_of,
    ids_of,
    is_text,
    raise_at,
)
from latentia.cli.console import warn
from latentia.reading.tables import NamedColumns, read_named_columns
from latentia.reading.tables.options import arrow
from latentia.recommend import Interactions


class FeatureTable(NamedTuple):
    """The features of a table.

    Attributes
    ----------
    path : Path
    ids : ndarray of shape (n_ids,)
        In ascending order.
    matrix : csr_array of float64, shape (n_ids, n_features)
        A column of ones first.
    """

    path: Path
    ids: Array
    matrix: Any


class Described(NamedTuple):
    """Events whose users and items are also those that only have features.

    Attributes
    ----------
    data : Interactions
    features : dict of csr_array
        ``user_features`` and ``item_features``, as far as there are tables.
    """

    data: Interactions
    features: dict[str, Any]


def read_features(path: Path, column: str, what: str) -> FeatureTable:
    """Read the features of users or items.

    Numbers are standardised: their units do not matter. Of a text each value that two
    rows have is a feature, 1 where it is, and an empty cell is no value. A column of
    ones stands for what all have in common. What is the same, or another, in all rows
    tells nothing and is left out; of text that is another one in each row, a warning
    is printed.

    Parameters
    ----------
    path : Path
    column : str
        The column of ids; the first one if there is none of that name.
    what : {"user", "item"}

    Raises
    ------
    ValueError
        If an id is there twice, or a column or cell is missing or wrong; the message
        names the line and the id.
    OSError, ImportError
        As ``read_named_columns``.
    """
    table = read_named_columns(path)
    names = list(table.columns)
    if column not in names:
        column = names[0]
    names.remove(column)
    if not names or not len(table.columns[column]):
        there = "features, only ids" if not names else f"{what}s, only names of columns"
        raise ValueError(f"{path} has no {there}")
    ids, numbers = ids_of(table, column)
    if len(ids) < len(numbers):
        _, first = np.unique(numbers, return_index=True)
        row = int(np.setdiff1d(np.arange(len(numbers)), first)[0])
        raise_at(table, column, row, f"repeats the id {ids[numbers[row]]!r}")
    labels = [f"of {what} {one!r}" for one in ids[numbers].tolist()]
    parts = [scipy.sparse.csr_array(np.ones((len(ids), 1)))]
    for name in names:
        part = _features_of(table, name, labels)
        if part is not None:
            parts.append(part)
    rows = np.empty(len(ids), dtype=np.int64)
    rows[numbers] = np.arange(len(ids))
    return FeatureTable(path, ids, scipy.sparse.hstack(parts, format="csr")[rows])


def described(
    data: Interactions, *, user: tuple[Path | None, str], item: tuple[Path | None, str]
) -> Described:
    """Join events with the tables of features by the ids.

    ``user`` and ``item`` are a table, if there is one, and the name of its column of
    ids, as ``read_features`` takes them.

    Who has only features becomes a user or item without events. Who has only events
    has features of zero, as if there was no table; a warning says how many.

    Raises
    ------
    ValueError
        If no id is in both, ids are text in one and integers in the other, or a table
        is wrong.
    """
    ids = {"user": data.users, "item": data.items}
    features = {}
    for what, (path, column) in (("user", user), ("item", item)):
        if path is None:
            continue
        table, known = read_features(path, column, what), ids[what]
        _check_ids(table, known, what)
        missing = np.setdiff1d(known, table.ids)
        if len(missing):
            warn(
                f"{table.path} has no features of {len(missing):,} of {len(known):,} "
                f"{what}s, such as {missing.tolist()[0]!r}: theirs are 0"
            )
        ids[what] = np.union1d(known, table.ids)
        place = np.searchsorted(ids[what], table.ids)
        entries = table.matrix.tocoo()
        features[f"{what}_features"] = scipy.sparse.csr_array(
            (entries.data, (place[entries.row], entries.col)),
            shape=(len(ids[what]), table.matrix.shape[1]),
        )
    return Described(_with_ids(data, ids["user"], ids["item"]), features)


def _check_ids(table: FeatureTable, known: Array, what: str) -> None:
    if table.ids.dtype != known.dtype:
        wanted, got = (
            "text" if ids.dtype == object else "integers" for ids in (known, table.ids)
        )
        raise ValueError(
            f"{table.path} must have ids of {what}s as the events have them, which are "
            f"{wanted}, got {got}"
        )
    if not len(np.intersect1d(table.ids, known)):
        raise ValueError(
            f"{table.path} has no {what} of the events: its ids are such as "
            f"{table.ids.tolist()[0]!r}, theirs such as {known.tolist()[0]!r}"
        )


def _with_ids(data: Interactions, users: Array, items: Array) -> Interactions:
    """Return the events with more users and items; all ids are in ascending order."""
    rows = np.searchsorted(users, data.users)
    columns = np.searchsorted(items, data.items)
    matrix = data.matrix
    counts = np.zeros(len(users), dtype=matrix.indptr.dtype)
    counts[rows] = np.diff(matrix.indptr)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(matrix.indptr.dtype)
    indices = columns[matrix.indices].astype(matrix.indices.dtype)
    wider = scipy.sparse.csr_array(
        (matrix.data, indices, indptr), shape=(len(users), len(items))
    )
    return Interactions(wider, users, items, data.times)


def _features_of(table: NamedColumns, name: str, labels: list[str]) -> Any | None:
    """Return the features of a column, in the order of its rows."""
    column = table.columns[name]
    types = arrow("pyarrow.types")
    if is_text(column):
        return _of_text(table, name, labels)
    known = types.is_floating, types.is_integer, types.is_boolean, types.is_decimal
    if not any(is_kind(column.type) for is_kind in known):
        raise ValueError(
            f"{table.path}: features must be numbers or text, column {name!r} has "
            f"{column.type}"
        )
    if column.null_count:
        missing = column.is_null().to_numpy(zero_copy_only=False)
        row = int(missing.argmax())
        raise_at(table, name, row, f"{labels[row]} is missing")
    numbers = column.cast(arrow().float64(), safe=False).to_numpy(zero_copy_only=False)
    if not np.isfinite(numbers).all():
        row = int((~np.isfinite(numbers)).argmax())
        raise_at(table, name, row, f"{labels[row]} is not finite: {numbers[row]:g}")
    return _standardised(numbers)


def _of_text(table: NamedColumns, name: str, labels: list[str]) -> Any | None:
    column = table.columns[name]
    if column.null_count:
        column = column.cast(arrow().string()).fill_null("")
    if not arrow("pyarrow.types").is_dictionary(column.type):
        column = column.dictionary_encode()
    codes, cells = codes_of(column), column.dictionary.to_pylist()
    numbers = [_number(cell) for cell in cells]  # "nan" and "inf" are some
    looks_like = np.array([number is not None for number in numbers])[codes]
    parsed = np.array(numbers, dtype=float)[codes]  # NaN for None
    empty = np.array([not cell.strip() for cell in cells])[codes]
    if 2 * looks_like.sum() <= (~empty).sum():
        return _one_hot(table, name, codes, cells, empty)
    finite = np.isfinite(parsed)
    if not finite.all():
        row = int((~finite).argmax())
        cell = cells[codes[row]]
        found = "is empty" if empty[row] else f"is not a finite number: {cell[:60]!r}"
        raise_at(table, name, row, f"{labels[row]} {found}, unlike other cells")
    return _standardised(parsed)


def _number(cell: str) -> float | None:
    """Return the number of a cell."""
    try:
        return float(cell)
    except ValueError:
        return None


def _standardised(numbers: NDArray[np.float64]) -> Any | None:
    largest = np.abs(numbers).max()
    numbers = numbers / (largest if largest > 0 else 1.0)  # squares do not overflow
    spread = numbers.std()
    if spread <= np.finfo(np.float64).eps:  # they are equal
        return None
    return scipy.sparse.csr_array(((numbers - numbers.mean()) / spread)[:, np.newaxis])


def _one_hot(
    table: NamedColumns, name: str, codes: Array, cells: list[str], empty: Array
) -> Any | None:
    """Return a feature for each value that two rows have, unless all rows have it."""
    counts = np.bincount(codes[~empty], minlength=len(cells))
    shared = (counts >= 2) & (counts < len(codes))
    if not shared.any():
        if counts.max(initial=0) == 1:
            warn(
                f"{table.path}: column {name!r} is left out: no two rows have the same "
                "text"
            )
        return None
    number = np.cumsum(shared) - 1
    kept = np.flatnonzero(shared[codes] & ~empty)
    return scipy.sparse.csr_array(
        (np.ones(len(kept)), (kept, number[codes[kept]])),
        shape=(len(codes), int(shared.sum())),
    )
