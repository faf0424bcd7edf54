"""Models that compute a score for every item from a user's events."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from latentia._top_items import Items, Selection, top_of_scores
from latentia.recommend.base import Recommender
from latentia.recommend.ids import Array
from latentia.recommend.user_events import UserEvents
from latentia.rows import Csr
from latentia.rows.block import run_of_rows

_BLOCK_BYTES = 64 << 20


class ScoreRecommender(Recommender):
    """A model whose scores are a function of a user's events alone.

    Known and new users are then the same. A subclass implements ``_fit`` and
    ``_scores``.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import EASE, ScoreRecommender
    >>> data = make_interactions(100, 50, 1000, random_state=0).matrix
    >>> ease = EASE().fit(data[:90])
    >>> isinstance(ease, ScoreRecommender)
    True
    >>> lists = ease.recommend(data[90:], n=5)  # users that the fit did not have
    >>> len(lists["item"])
    50
    """

    @abstractmethod
    def _scores(self, matrix: Any, n_threads: int) -> Array:
        """Return the scores of all items.

        Parameters
        ----------
        matrix : csr_array of shape (n_users, n_items)
            Some of the users.
        n_threads : int

        Returns
        -------
        ndarray of shape (n_users, n_items)
            C-ordered, of the type of the matrix. −∞: the item is not recommended.
        """

    def _users_at_once(self, n_items: int, itemsize: int) -> int:
        """Return for how many users scores are computed at once."""
        return max(1, _BLOCK_BYTES // (n_items * itemsize))

    def _top_items(
        self, users: UserEvents, selection: Selection
    ) -> tuple[Items, Array]:
        matrix, exclude, n = users.matrix, selection.exclude, selection.n
        n_users, n_items = matrix.shape
        items = np.empty((n_users, n), dtype=np.int64)
        scores = np.empty((n_users, n), dtype=matrix.dtype)
        at_once = self._users_at_once(n_items, matrix.dtype.itemsize)
        for begin in range(0, n_users, at_once):
            end = min(begin + at_once, n_users)
            left_out = None if exclude is None else run_of_rows(exclude, begin, end)
            items[begin:end], scores[begin:end] = top_of_scores(
                self._scores(matrix[begin:end], selection.n_threads),
                selection._replace(
                    exclude=left_out if isinstance(left_out, Csr) else None
                ),
            )
        return items, scores
