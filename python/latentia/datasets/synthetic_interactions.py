"""Synthetic events of users with items, with the probabilities that produced them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy import sparse
from scipy.special import expit

from latentia._arguments import check_count
from latentia.datasets._synthetic import (
    RandomState,
    as_generator,
    check_dtype,
    check_sizes,
    index_dtype,
)

_SD_OF_TASTE, _MEAN_TASTE = 3.0, -3.0
"""Standard deviation and mean of the logit of a user's interest in an item."""

_PROPOSALS = 1 << 20
"""Pairs that are proposed at once."""


@dataclass(frozen=True, eq=False)
class SyntheticInteractions:
    """Events of users with items, and what produced them.

    Attributes
    ----------
    matrix : csr_array of shape (n_users, n_items)
        1 where a user has an event with an item. Indices are sorted.
    user_factors : ndarray of float64, shape (n_users, rank)
    item_factors : ndarray of float64, shape (n_items, rank)
    popularity : ndarray of float64, shape (n_items,)
        Probabilities: how often an item is offered, whatever the user's taste.
    activity : ndarray of float64, shape (n_users,)
        Probabilities: how often a user looks for an item.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> made = make_interactions(100, 50, 700, rank=3, random_state=0)
    >>> made.matrix.shape, made.item_factors.shape
    ((100, 50), (50, 3))
    """

    matrix: sparse.csr_array[Any, tuple[int, int]]
    user_factors: NDArray[np.float64]
    item_factors: NDArray[np.float64]
    popularity: NDArray[np.float64]
    activity: NDArray[np.float64]

    def preference(self, users: ArrayLike, items: ArrayLike) -> NDArray[np.float64]:
        """Return p_i·σ(t_u·s_i − 3), by which the best list of a user is ordered.

        Parameters
        ----------
        users, items : array-like of int
            Row and column numbers; they are broadcast against each other.
        """
        users, items = np.asarray(users), np.asarray(items)
        logit = np.einsum(
            "...k,...k->...", self.user_factors[users], self.item_factors[items]
        )
        preference: NDArray[np.float64] = self.popularity[items] * expit(
            logit + _MEAN_TASTE
        )
        return preference


def make_interactions(
    n_users: int,
    n_items: int,
    n_events: int,
    *,
    rank: int = 8,
    dtype: DTypeLike = np.float32,
    random_state: RandomState = None,
) -> SyntheticInteractions:
    """Make a sparse matrix of events: tastes of low rank, few popular items.

    Pairs of a user u and an item i are drawn one after the other, without repetition,
    with probability

        ∝ a_u · p_i · σ(t_u · s_i − 3),    p_i ∝ 1 / (1 + i + n_items / 20),

    where the activity a follows a log-normal distribution, p is Zipf-Mandelbrot's law,
    σ is the logistic function, and the inner product of taste and traits with ``rank``
    terms has a standard deviation of 3: an item appeals to a fifth of the users.

    Parameters
    ----------
    n_users, n_items : int
        Shape.
    n_events : int
        Exact number of stored entries, from 0 to a quarter of n_users * n_items.
    rank : int, default=8
        Number of terms of the inner product.
    dtype : float32 or float64
        Type of the matrix.
    random_state : int, Generator, RandomState or None
        Same seed, same events.

    Returns
    -------
    SyntheticInteractions

    Raises
    ------
    ValueError, TypeError
        If an argument is out of its range or of another type.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> make_interactions(100, 50, 700, random_state=0).matrix.nnz
    700
    """
    dtype = check_dtype(dtype)
    check_sizes(n_users=n_users, n_items=n_items, rank=rank)
    check_count(n_events, "n_events", least=0, most=n_users * n_items // 4)
    rng = as_generator(random_state)
    tastes = rng.standard_normal((n_users, rank))
    traits = rng.standard_normal((n_items, rank)) * (_SD_OF_TASTE / np.sqrt(rank))
    popularity = 1.0 / (1.0 + np.arange(n_items) + n_items / 20)
    activity = rng.lognormal(size=n_users)
    made = SyntheticInteractions(
        sparse.csr_array((n_users, n_items), dtype=dtype),
        tastes,
        traits,
        popularity / popularity.sum(),
        activity / activity.sum(),
    )
    pairs = np.sort(_draw_pairs(rng, made, n_events))
    users, items = np.divmod(pairs, n_items)
    index = index_dtype(max(n_users, n_items, n_events))
    begin = np.searchsorted(users, np.arange(n_users + 1))
    stored = np.ones(n_events, dtype=dtype)
    matrix = sparse.csr_array(
        (stored, items.astype(index), begin.astype(index)), shape=(n_users, n_items)
    )
    return SyntheticInteractions(matrix, tastes, traits, made.popularity, made.activity)


def _draw_pairs(
    rng: np.random.Generator, made: SyntheticInteractions, n_events: int
) -> NDArray[np.int64]:
    """Return u·n_items + i of different pairs.

    Rejection: propose u ~ a and i ~ p, and accept with probability σ(t_u · s_i − 3).
    """
    n_items = len(made.popularity)
    users, items = np.cumsum(made.activity), np.cumsum(made.popularity)
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < n_events:
        found = [pairs]
        wanted = 8 * (n_events - len(pairs))
        size = min(wanted, _PROPOSALS)
        for _ in range(wanted // size):
            user = _inverse(users, rng.random(size))
            item = _inverse(items, rng.random(size))
            logit = np.einsum(
                "ik,ik->i", made.user_factors[user], made.item_factors[item]
            )
            accepted = rng.random(size) < expit(logit + _MEAN_TASTE)
            found.append(user[accepted] * n_items + item[accepted])
        drawn = np.concatenate(found)
        _, first = np.unique(drawn, return_index=True)
        pairs = drawn[np.sort(first)][:n_events]
    return pairs


def _inverse(
    cumulative: NDArray[np.float64], uniform: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return numbers whose distribution has this cumulative sum."""
    found = np.searchsorted(cumulative, uniform * cumulative[-1], side="right")
    numbers: NDArray[np.int64] = np.minimum(found, len(cumulative) - 1)
    return numbers
