"""The events that models may know and those they are tested on, users by users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.recommend.user_blocks import csr_of, is_read_by_blocks
from latentia.rows import RowSource
from latentia.rows.convert import as_host_rows

_USERS_AT_ONCE = 1 << 15

_ROWS_AT_ONCE = 1 << 16
"""Of rows that are read by blocks, the users without test items among them."""


class Batch(NamedTuple):
    """Some users with test items.

    Attributes
    ----------
    seen : Interactions
        What the models may know of them.
    relevant : csr_array of shape (n_users, n_items)
        Its stored entries are the test items.
    rows : ndarray of shape (n_users,)
        Their row numbers.
    """

    seen: Interactions
    relevant: Any
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EvaluationEvents:
    """Events of the same users and items, in memory or read by blocks."""

    train: Interactions | RowSource
    test: Interactions | RowSource
    items: Array

    @classmethod
    def of(cls, train: Any, test: Any, items: Array) -> Self:
        """Check both; ``items`` are the ids of columns that are read by blocks.

        Raises
        ------
        TypeError, ValueError
            If one is no matrix of events, or they differ in users or items.
        """
        train, test = _as_events(train, "train"), _as_events(test, "test")
        if train.shape != test.shape:
            raise ValueError(
                f"test must have the users × items of train, "
                f"{train.shape[0]} × {train.shape[1]}, got "
                f"{test.shape[0]} × {test.shape[1]}"
            )
        given = [data for data in (train, test) if isinstance(data, Interactions)]
        if len(given) == 2:
            for what in ("users", "items"):
                if not np.array_equal(*(getattr(data, what) for data in given)):
                    raise ValueError(
                        f"test must have the {what} of train, in the same order"
                    )
        return cls(train, test, given[0].items if given else items)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_users, n_items)."""
        return self.train.shape

    @property
    def users(self) -> Array:
        """The ids of the users; row numbers if they are read by blocks."""
        for data in (self.train, self.test):
            if isinstance(data, Interactions):
                return data.users
        return np.arange(self.shape[0])

    def check_items(self, name: str, items: Array) -> None:
        """Raise unless a model has these items."""
        if len(items) != self.shape[1] or not np.array_equal(items, self.items):
            raise ValueError(
                f"train must have the items of the model {name!r}, in the same order; "
                f"there are {self.shape[1]} and {len(items)} items"
            )

    def is_fitted(self, known: Interactions) -> bool:
        """Whether a model was fitted on the training events: their users are known."""
        train = self.train
        if not isinstance(train, Interactions):
            return False
        if known is train or known.matrix is train.matrix:
            return True
        return (
            known.shape == train.shape
            and known.n_stored == train.n_stored
            and np.array_equal(known.users, train.users)
            and all(
                np.array_equal(getattr(known.matrix, part), getattr(train.matrix, part))
                for part in ("indptr", "indices", "data")
            )
        )

    def batches(self) -> Iterator[Batch]:
        """Yield the users with test items.

        Raises
        ------
        ValueError
            If an event is in both ``train`` and ``test``.
        """
        train, test = self.train, self.test
        if isinstance(train, Interactions) and isinstance(test, Interactions):
            relevant = _relevant(test.matrix)
            _check_disjoint(train.matrix, relevant)
            tested = np.flatnonzero(np.diff(relevant.indptr))
            for begin in range(0, len(tested), _USERS_AT_ONCE):
                rows = tested[begin : begin + _USERS_AT_ONCE]
                yield Batch(train.take_rows(rows), relevant[rows], rows)
            return
        for begin in range(0, self.shape[0], _ROWS_AT_ONCE):
            rows = np.arange(begin, min(begin + _ROWS_AT_ONCE, self.shape[0]))
            relevant = _relevant(self._taken(test, rows).matrix)
            tested = np.flatnonzero(np.diff(relevant.indptr))
            if len(tested):
                seen, relevant = self._taken(train, rows), relevant[tested]
                seen = seen.take_rows(tested)
                _check_disjoint(seen.matrix, relevant)
                yield Batch(seen, relevant, rows[tested])

    def _taken(
        self, data: Interactions | RowSource, rows: NDArray[np.int64]
    ) -> Interactions:
        if isinstance(data, Interactions):
            return data.take_rows(rows)
        return Interactions.from_matrix(csr_of(data.take(rows)), rows, self.items)


def _as_events(data: Any, name: str) -> Any:
    if is_read_by_blocks(data):
        return as_host_rows(data, name=name)
    return data if isinstance(data, Interactions) else Interactions.from_matrix(data)


def _relevant(test: Any) -> Any:
    if test.data.all():
        return test
    matrix = test.copy()
    matrix.eliminate_zeros()
    return matrix


def _check_disjoint(train: Any, relevant: Any) -> None:
    pattern = [
        type(matrix)(
            (np.ones(matrix.nnz, np.int8), matrix.indices, matrix.indptr),
            shape=matrix.shape,
        )
        for matrix in (train, relevant)
    ]
    both = pattern[0].multiply(pattern[1]).nnz
    if both:
        raise ValueError(
            "test must have no event of train, whose items are left out of the lists, "
            f"got {both:,} of them"
        )
