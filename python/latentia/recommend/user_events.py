"""The users for whom lists are wanted, with the items of a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._top_items import Items
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions


class UserEvents(NamedTuple):
    """The users for whom a list is wanted.

    Attributes
    ----------
    matrix : csr_array of shape (n_users, n_items)
        Their events, with the items of the fit.
    rows : ndarray of shape (n_users,) or None
        Their row numbers in the fit; None for users to be folded in.
    prior : ndarray of shape (n_users, n_factors) or None
        The factors that features of new users predict.
    """

    matrix: Any
    rows: NDArray[np.int64] | None
    prior: Array | None = None


class ListOptions(NamedTuple):
    """What lists are wanted.

    Attributes
    ----------
    n : int
        Their length.
    exclude_seen : bool
    offered : ndarray of int64 or None
        Item numbers to choose from, ascending; None for all.
    cold : {"popular", "error"}
    """

    n: int
    exclude_seen: bool = True
    offered: Items | None = None
    cold: str = "popular"


@dataclass(frozen=True, eq=False)
class TopItems:
    """Items and scores of each user, best first.

    Attributes
    ----------
    items : ndarray of shape (n_users, n), int64
        Item numbers; −1 where there are no more.
    scores : ndarray of shape (n_users, n)
        −∞ where there are no more.
    popular : ndarray of bool, shape (n_users,)
        Whether the user has no events and gets the popular items.
    """

    items: Items
    scores: Array
    popular: NDArray[np.bool_]

    def __add__(self, other: TopItems) -> TopItems:
        """Return the lists of both, one below the other."""
        return TopItems(
            np.concatenate([self.items, other.items]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.popular, other.popular]),
        )


def check_columns(shape: tuple[int, int], n_items: int) -> None:
    """Raise unless a matrix has the items of the fit."""
    if shape[1] != n_items:
        swapped = (
            ": it is items × users; give its transpose" if shape[0] == n_items else ""
        )
        raise ValueError(
            f"the matrix must be users × items with the {n_items} items of the fit, "
            f"got {shape[0]} × {shape[1]}{swapped}"
        )


def users_without_events(ids: Array) -> ValueError:
    """Return the error about users for whom there is no list."""
    named = ", ".join(repr(user) for user in ids[:5].tolist())
    return ValueError(
        f"users without events: {named} ({len(ids):,} in all); "
        'cold="popular" gives them the popular items'
    )


def with_items_of(X: Any, known: Interactions) -> Interactions:
    """Return events of users with the items of the fit."""
    if isinstance(X, Interactions):
        data = X
        if data is not known and not np.array_equal(data.items, known.items):
            columns = known.columns_of(data.items)
            entries = data.matrix.tocoo()
            matrix = scipy.sparse.coo_array(
                (entries.data, (entries.row, columns[entries.col])),
                shape=(data.shape[0], known.shape[1]),
            ).tocsr()
            matrix.sort_indices()
            data = Interactions(matrix, data.users, known.items)
    else:
        check_columns(X.shape, known.shape[1])
        data = Interactions.from_matrix(X)
        data = Interactions(data.matrix, data.users, known.items)
    if data.dtype != known.dtype:
        matrix = data.matrix.astype(known.dtype)
        if not np.isfinite(matrix.data).all():
            raise ValueError(
                f"values must fit in {known.dtype.name}, the type of the fit, got "
                f"{data.matrix.data.max():g}"
            )
        data = Interactions(matrix, data.users, known.items)
    return data


def offered_items(items: Any, filter_items: Any, known: Interactions) -> Items | None:
    """Return the numbers of the items that can be recommended; None for all."""
    if items is None and filter_items is None:
        return None
    offered = np.full(known.shape[1], items is None)
    if items is not None:
        offered[known.columns_of(items)] = True
    if filter_items is not None:
        offered[known.columns_of(filter_items)] = False
    found: Items = np.flatnonzero(offered)
    return found


def most_popular(counts: NDArray[np.int64], offered: Items | None) -> Items:
    """Return the items with the most users first; of equal ones the first column."""
    order: Items = np.lexsort((np.arange(len(counts)), -counts))
    return order if offered is None else order[np.isin(order, offered)]
