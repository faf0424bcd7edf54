"""Events for training and for testing."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import as_random, check_choice, check_real
from latentia.recommend.interactions import Interactions

METHODS: tuple[str, ...] = ("per-user", "leave-last-out", "held-out-users")

_TESTED = 0.2
"""Share of the events of a held-out user that are tested; the others are folded in."""


class Split(NamedTuple):
    """Events for training and for testing, of the same users and items.

    Attributes
    ----------
    train, test : Interactions

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import split
    >>> data = make_interactions(100, 50, 1000, random_state=0).matrix
    >>> parts = split(data, share=0.2, random_state=0)
    >>> parts.train.n_stored + parts.test.n_stored
    1000
    """

    train: Interactions
    test: Interactions


class HeldOutUsers(NamedTuple):
    """A split by users; all three have the same users and items.

    Attributes
    ----------
    train : Interactions
        All events of the other users; the rows of held-out users are empty.
    fold_in : Interactions
        80 % of the events of each held-out user: what the model may see.
    test : Interactions
        The others of their events.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import EASE, evaluate_ranking, split
    >>> data = make_interactions(200, 50, 2000, random_state=0).matrix
    >>> train, fold_in, test = split(data, "held-out-users", 0.1, random_state=0)
    >>> ease = EASE().fit(train)  # has no event of the held-out users
    >>> evaluate_ranking(ease, fold_in, test, k=10, n_bootstrap=10).n_users
    20
    """

    train: Interactions
    fold_in: Interactions
    test: Interactions


@overload
def split(
    data: Any,
    method: Literal["per-user", "leave-last-out"] = ...,
    share: float = ...,
    random_state: Any = ...,
) -> Split: ...
@overload
def split(
    data: Any,
    method: Literal["held-out-users"],
    share: float = ...,
    random_state: Any = ...,
) -> HeldOutUsers: ...
def split(
    data: Any,
    method: str = "per-user",
    share: float = 0.2,
    random_state: Any = None,
) -> Split | HeldOutUsers:
    """Divide events into some for training and some for testing.

    Parameters
    ----------
    data : Interactions or sparse matrix of shape (n_users, n_items)
    method : {"per-user", "leave-last-out", "held-out-users"}, default="per-user"
        "per-user": a random share of each user's items, rounded, at least one and not
        all. "leave-last-out": each user's item with the latest event; of equal times
        the one in the last column. "held-out-users": a random share of the users,
        rounded, at least one, whose events no model is trained on; 20 % of their items
        are tested and the others are folded in (strong generalisation).
    share : float, default=0.2
        Above 0 and below 1: of each user's items, or of the users. "leave-last-out"
        does not use it.
    random_state : int, Generator, RandomState or None
        Same seed, same split.

    Returns
    -------
    Split or HeldOutUsers
        Named tuples: ``train, test``, or ``train, fold_in, test``. They have the users
        and items of ``data``, in the same order; a row without events is empty. A user
        with one item is never tested: the item is trained on.

    Raises
    ------
    ValueError
        If no user has two items, or there are no times for "leave-last-out".

    References
    ----------
    D. Liang et al., "Variational Autoencoders for Collaborative Filtering", WWW 2018:
    the protocol of held-out users.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import split
    >>> data = make_interactions(100, 50, 1000, random_state=0).matrix
    >>> train, test = split(data, share=0.2, random_state=0)
    >>> train.shape == test.shape == data.shape
    True
    >>> train, fold_in, test = split(data, "held-out-users", 0.1, random_state=0)
    >>> fold_in.n_stored > test.n_stored
    True
    """
    if not isinstance(data, Interactions):
        data = Interactions.from_matrix(data)
    check_choice(method, "method", METHODS)
    share = check_real(share, "share", above=0, below=1)
    counts = np.diff(data.matrix.indptr)
    testable = np.flatnonzero(counts >= 2)
    if not len(testable):
        raise ValueError("a user must have at least two items to be tested, got none")
    if method == "leave-last-out":
        tested = _last(data, counts)
        return Split(data.select(~tested), data.select(tested))
    random = as_random(random_state)
    if method == "per-user":
        tested = _random_entries(counts, share, random)
        return Split(data.select(~tested), data.select(tested))
    n_others = np.count_nonzero(counts) - 1  # at least one is left to train on
    if not n_others:
        raise ValueError("at least two users must have events to hold some out, got 1")
    n_held_out = max(1, min(round(share * len(counts)), len(testable), n_others))
    is_held_out = np.zeros(len(counts), dtype=bool)
    is_held_out[random.choice(testable, n_held_out, replace=False)] = True
    held_out = np.repeat(is_held_out, counts)
    tested = _random_entries(counts, _TESTED, random)
    return HeldOutUsers(
        data.select(~held_out),
        data.select(held_out & ~tested),
        data.select(held_out & tested),
    )


def _random_entries(
    counts: NDArray[np.integer[Any]], share: float, random: Any
) -> NDArray[np.bool_]:
    """Return which stored entries are drawn: a share of each row, none of single ones.

    Every entry gets a random number, and the smallest of each row are drawn.
    """
    n_drawn = np.clip(np.floor(share * counts + 0.5), 1, np.maximum(counts - 1, 1))
    n_drawn[counts < 2] = 0
    row = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((random.random(len(row)), row))
    begin = np.cumsum(counts) - counts
    place = np.arange(len(row)) - np.repeat(begin, counts)  # within the ordered row
    drawn = np.zeros(len(row), dtype=bool)
    drawn[order] = place < np.repeat(n_drawn, counts)
    return drawn


def _last(data: Interactions, counts: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Return which stored entries are the last of a row with several ones."""
    if data.times is None:
        raise ValueError(
            'data must have times for "leave-last-out": give '
            'Interactions.from_frame(..., time="…")'
        )
    row = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((data.matrix.indices, data.times, row))
    last = np.zeros(len(row), dtype=bool)
    last[order[np.cumsum(counts)[counts >= 2] - 1]] = True
    return last
