"""Events of users with items as a sparse matrix with ids."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._arguments import check_flag
from latentia.recommend.event_columns import column_of, event_times, event_values
from latentia.recommend.event_matrix import checked_matrix, sum_events
from latentia.recommend.ids import (
    Array,
    check_ids,
    encode,
    one_axis,
    requested,
    unknown,
)


class Interactions:
    """A matrix of users × items, with the ids of both.

    Make it with ``from_frame``, ``from_arrays`` or ``from_matrix``.

    Parameters
    ----------
    matrix : sparse matrix of shape (n_users, n_items)
        Canonical CSR of float32 or float64.
    users : ndarray of shape (n_users,)
    items : ndarray of shape (n_items,)
    times : ndarray of shape (n_stored,), optional

    Attributes
    ----------
    matrix : csr_array of shape (n_users, n_items)
        What each user did with each item: a count of events, or the sum of their
        values. Indices are sorted. Treat it as read-only.
    users, items : ndarray
        The id of each row and column: int64, or objects such as strings.
    times : ndarray of shape (n_stored,) or None
        The time of the last event of each stored entry: numbers as they were given, or
        datetime64.

    Raises
    ------
    ValueError
        If the numbers of ids are not those of rows and columns.

    Examples
    --------
    >>> from latentia.recommend import Interactions
    >>> users = ["ann", "ann", "bob", "bob", "bob"]
    >>> items = ["tea", "rice", "tea", "tea", "salt"]
    >>> data = Interactions.from_arrays(users, items)
    >>> data.shape, data.n_stored
    ((2, 3), 4)
    >>> data.matrix.toarray()
    array([[1., 0., 1.],
           [0., 1., 2.]], dtype=float32)
    >>> data.users.tolist(), data.items.tolist()
    (['ann', 'bob'], ['rice', 'salt', 'tea'])
    """

    def __init__(
        self, matrix: Any, users: Array, items: Array, times: Array | None = None
    ) -> None:
        given = len(users), len(items)
        if matrix.shape != given:
            swapped = (
                ": it is items × users; give its transpose"
                if matrix.shape == given[::-1]
                else ""
            )
            raise ValueError(
                f"the matrix must be users × items = {given[0]} × {given[1]}, as there "
                f"are ids, got {matrix.shape[0]} × {matrix.shape[1]}{swapped}"
            )
        if times is not None and len(times) != matrix.nnz:
            raise ValueError(
                f"times must have one entry for each of the {matrix.nnz} stored ones, "
                f"got {len(times)}"
            )
        self.matrix = matrix
        self.users, self.items, self.times = users, items, times

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        user: str = "user",
        item: str = "item",
        value: str | None = None,
        time: str | None = None,
        *,
        keep_zeros: bool = False,
    ) -> Self:
        """Return the interactions of a table with one event a row.

        Parameters
        ----------
        frame : data frame of pandas or polars, Arrow table, or dict of arrays
            Anything whose columns are read by ``frame[name]``.
        user, item : str
            Columns of ids: integers, strings, or other hashable values of one type.
        value : str, optional
            Column of values ≥ 0, such as ratings or seconds. By default every event
            counts 1.
        time : str, optional
            Column of times: numbers or datetimes.
        keep_zeros : bool, default=False
            Store an entry whose value is 0. By default a 0 is no interaction.

        Returns
        -------
        Interactions
            Values of repeated events of a user with an item are added: of ratings that
            are given twice, drop one before. float32, or float64 if the values are
            float64.

        Raises
        ------
        KeyError
            If there is no column of that name.
        TypeError
            If ids have different types, or the column of times cannot be ordered.
        ValueError
            If an id, value or time is missing, or a value is negative or infinite; the
            message has the number of the row, from 0 on.

        Examples
        --------
        >>> from latentia.recommend import Interactions
        >>> events = {"user": ["ann", "bob", "ann"], "item": [7, 7, 3]}
        >>> Interactions.from_frame(events)
        Interactions(2 users × 2 items, 3 stored, density 75%, median 1.5 per user)
        """

        def column(name: str | None) -> Any:
            return None if name is None else column_of(frame, name)

        return cls.from_arrays(
            column(user),
            column(item),
            column(value),
            column(time),
            keep_zeros=keep_zeros,
            _names=tuple(f"column {name!r}" for name in (user, item, value, time)),
        )

    @classmethod
    def from_arrays(
        cls,
        users: Any,
        items: Any,
        values: Any = None,
        times: Any = None,
        *,
        keep_zeros: bool = False,
        _names: tuple[str, ...] = ("users", "items", "values", "times"),
    ) -> Self:
        """Return the interactions of events that are given by arrays.

        Parameters
        ----------
        users, items : array-like of shape (n_events,)
        values, times : array-like of shape (n_events,), optional
        keep_zeros : bool, default=False

        Returns
        -------
        Interactions

        Raises
        ------
        TypeError, ValueError
            As for ``from_frame``, or if the lengths differ.
        """
        keep_zeros = check_flag(keep_zeros, "keep_zeros")
        user_ids, rows = encode(users, _names[0])
        item_ids, columns = encode(items, _names[1])
        if not len(rows):
            raise ValueError("there must be at least one event, got none")
        weights = None if values is None else event_values(values, _names[2])
        moments = None if times is None else event_times(times, _names[3])
        given = {_names[0]: rows, _names[1]: columns}
        given |= {} if weights is None else {_names[2]: weights}
        given |= {} if moments is None else {_names[3]: moments}
        if len({len(part) for part in given.values()}) > 1:
            lengths = ", ".join(f"{name}: {len(part)}" for name, part in given.items())
            raise ValueError(f"all columns must have the same length, got {lengths}")
        if weights is not None and not keep_zeros:
            kept = weights != 0
            if not kept.all():
                rows, columns, weights = rows[kept], columns[kept], weights[kept]
                moments = None if moments is None else moments[kept]
        shape = len(user_ids), len(item_ids)
        matrix, last = sum_events(
            rows, columns, weights, moments, shape, user_ids, item_ids
        )
        return cls(matrix, user_ids, item_ids, last)

    @classmethod
    def from_matrix(
        cls,
        matrix: Any,
        users: Any = None,
        items: Any = None,
        *,
        keep_zeros: bool = False,
    ) -> Self:
        """Return the interactions of a sparse matrix.

        Parameters
        ----------
        matrix : sparse matrix of shape (n_users, n_items)
            Canonical CSR of float32 or float64 is not copied. Integers become float32.
        users, items : array-like, optional
            The ids; by default the numbers of rows and columns.
        keep_zeros : bool, default=False
            Keep stored zeros. By default a 0 is no interaction.

        Returns
        -------
        Interactions

        Raises
        ------
        TypeError
            If it is not sparse.
        ValueError
            If it is malformed, an entry is negative or not finite, or the numbers of
            ids are not those of rows and columns.
        """
        keep_zeros = check_flag(keep_zeros, "keep_zeros")
        csr = checked_matrix(matrix, keep_zeros=keep_zeros)
        n_users, n_items = csr.shape
        if users is not None and items is not None:  # both numbers in one message
            given = len(one_axis(users, "users")), len(one_axis(items, "items"))
            if given != csr.shape:
                return cls(csr, np.empty(given[0]), np.empty(given[1]))
        return cls(
            csr,
            np.arange(n_users)
            if users is None
            else check_ids(users, "users", n_users, "rows"),
            np.arange(n_items)
            if items is None
            else check_ids(items, "items", n_items, "columns"),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(n_users, n_items)."""
        n_users, n_items = self.matrix.shape
        return n_users, n_items

    @property
    def n_stored(self) -> int:
        """Number of pairs of a user and an item that are stored."""
        return int(self.matrix.nnz)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        dtype: np.dtype[Any] = self.matrix.dtype
        return dtype

    def rows_of(self, users: Any) -> NDArray[np.int64]:
        """Return the row numbers of users.

        Parameters
        ----------
        users : id or list of ids

        Raises
        ------
        ValueError
            If a user is not known; the message names up to five.
        """
        return _numbers(users, self._user_numbers, self.users, "users")

    def columns_of(self, items: Any) -> NDArray[np.int64]:
        """Return the column numbers of items; raise as ``rows_of`` does."""
        return _numbers(items, self._item_numbers, self.items, "items")

    def subset_users(self, users: Any) -> Interactions:
        """Return the interactions of these users, in this order, with all items.

        Raises
        ------
        ValueError
            If a user is not known, or is given twice.
        """
        rows = self.rows_of(users)
        if len(np.unique(rows)) < len(rows):
            raise ValueError("users must be different, got one twice")
        return self.take_rows(rows)

    def take_rows(self, rows: NDArray[np.integer[Any]]) -> Interactions:
        """Return the interactions of users that are given by row numbers."""
        order = self.matrix[rows]
        times = None
        if self.times is not None:
            starts, lengths = self.matrix.indptr[rows], np.diff(order.indptr)
            within = np.arange(order.nnz) - np.repeat(order.indptr[:-1], lengths)
            times = self.times[np.repeat(starts, lengths) + within]
        return Interactions(order, self.users[rows], self.items, times)

    def select(self, stored: NDArray[np.bool_]) -> Interactions:
        """Return the same users and items with a part of the stored entries.

        Parameters
        ----------
        stored : ndarray of bool, shape (n_stored,)
        """
        counts = np.add.reduceat(
            np.append(stored, False).astype(np.int64), self.matrix.indptr[:-1]
        )
        counts[np.diff(self.matrix.indptr) == 0] = 0
        indptr = np.concatenate([[0], np.cumsum(counts)])
        matrix = scipy.sparse.csr_array(
            (
                self.matrix.data[stored],
                self.matrix.indices[stored],
                indptr.astype(self.matrix.indices.dtype),
            ),
            shape=self.matrix.shape,
        )
        times = None if self.times is None else self.times[stored]
        return Interactions(matrix, self.users, self.items, times)

    def __repr__(self) -> str:
        n_users, n_items = self.shape
        density = self.n_stored / (n_users * n_items)
        median = float(np.median(np.diff(self.matrix.indptr)))
        return (
            f"Interactions({n_users:,} users × {n_items:,} items, "
            f"{self.n_stored:,} stored, density {100 * density:.2g}%, "
            f"median {median:g} per user)"
        )

    @cached_property
    def _user_numbers(self) -> dict[Any, int]:
        return {user: i for i, user in enumerate(self.users.tolist())}

    @cached_property
    def _item_numbers(self) -> dict[Any, int]:
        return {item: i for i, item in enumerate(self.items.tolist())}


def _in_unit(value: Any, known: Array) -> Any:
    """Return a time in the unit of the known ones, if that loses nothing.

    Before NumPy 2.2, equal times of different units have different hashes.
    """
    first = known[0] if len(known) else None
    if not (isinstance(value, np.datetime64) and isinstance(first, np.datetime64)):
        return value
    same = value.astype(first.dtype)
    return same if same == value else value


def _numbers(
    ids: Any, number: dict[Any, int], known: Array, what: str
) -> NDArray[np.int64]:
    asked = [_in_unit(value, known) for value in requested(ids)]
    found = [number.get(value, -1) for value in asked]
    numbers = np.array(found, dtype=np.int64)
    if (numbers < 0).any():
        raise unknown(
            (value for value, i in zip(asked, found, strict=True) if i < 0), known, what
        )
    return numbers
