"""Baselines: a table of recommenders without them misleads."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import scipy.sparse

from latentia._arguments import check_count, check_real
from latentia._top_items import Items, Selection, top_of_scores
from latentia.recommend.base import Recommender
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.recommend.score_model import ScoreRecommender
from latentia.recommend.user_events import UserEvents

_BLOCK_BYTES = 64 << 20


class Popularity(Recommender):
    """The same items for everybody: those with the most users.

    Parameters
    ----------
    n_threads : int, optional
        Upper limit of threads; see ``latentia.n_threads``.

    Attributes
    ----------
    item_counts_ : ndarray of shape (n_items,), int64
        Number of users of each item: its score.
    interactions_ : Interactions
        What it was fitted on.
    n_features_in_ : int
        Number of items.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from latentia.recommend import Popularity
    >>> data = csr_array(np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0]]))
    >>> popularity = Popularity().fit(data)
    >>> popularity.item_counts_
    array([1, 3, 1])
    >>> best = popularity.recommend([1], n=1)  # user 1 has item 1; 0 and 2 are equal
    >>> list(best["item"] == 0), list(best["score"] == 1)
    ([True], [True])
    """

    def __init__(self, *, n_threads: int | None = None) -> None:
        self.n_threads = n_threads

    def _fit(self, data: Interactions, n_threads: int) -> dict[str, Any]:
        return {}

    def _top_items(
        self, users: UserEvents, selection: Selection
    ) -> tuple[Items, Array]:
        n_users, n_items = users.matrix.shape
        n, exclude, offered, n_threads = selection
        order = np.argsort(-self.item_counts_, kind="stable")
        if offered is not None:
            order = order[np.isin(order, offered)]
        # Of the first n + s items at least n are left for a user with s seen items.
        most_seen = (
            0 if exclude is None else int(np.diff(exclude.indptr).max(initial=0))
        )
        candidates = np.sort(order[: n + most_seen])
        dtype = users.matrix.dtype
        items = np.empty((n_users, n), dtype=np.int64)
        scores = np.empty((n_users, n), dtype=dtype)
        if not len(candidates):
            items.fill(-1)
            scores.fill(-np.inf)
            return items, scores
        at_once = max(1, _BLOCK_BYTES // (len(candidates) * dtype.itemsize))
        counts = self.item_counts_[candidates].astype(dtype)
        place = np.full(n_items, -1)
        place[candidates] = np.arange(len(candidates))
        for begin in range(0, n_users, at_once):
            end = min(begin + at_once, n_users)
            block = np.empty((end - begin, len(candidates)), dtype=dtype)
            block[:] = counts
            if exclude is not None:
                bounds = exclude.indptr[begin : end + 1]
                seen = place[exclude.indices[bounds[0] : bounds[-1]]]
                row = np.repeat(np.arange(end - begin), np.diff(bounds))
                block[row[seen >= 0], seen[seen >= 0]] = -np.inf
            found, scores[begin:end] = top_of_scores(
                block, Selection(n, n_threads=n_threads)
            )
            items[begin:end] = np.append(candidates, -1)[found]
        return items, scores


class ItemKNN(ScoreRecommender):
    """Items that are similar to the items of the user.

    Parameters
    ----------
    n_neighbors : int, default=100
        Number of most similar items that each item keeps.
    shrinkage : float, default=0.0
        Added to the denominator of the cosine: the similarity of items with few users
        becomes smaller.
    n_threads : int, optional
        Upper limit of threads; see ``latentia.n_threads``.

    Attributes
    ----------
    neighbors_ : ndarray of shape (n_items, n_neighbors), int64
        The most similar items of each item, −1 where there are no more. At most
        n_items − 1 columns.
    similarities_ : ndarray of shape (n_items, n_neighbors)
        Their similarities; 0 where there are no more.
    interactions_ : Interactions
        What it was fitted on.
    item_counts_ : ndarray of shape (n_items,), int64
        Number of users of each item.
    n_features_in_ : int
        Number of items.

    Notes
    -----
    With x_i the column of item i, the similarity is

        s_ij = x_i·x_j / (‖x_i‖‖x_j‖ + shrinkage),

    and the score of item i for a user with the row x is Σ s_ij x_j over the neighbours
    j of i. An item without a common user with the user's items has no score and is not
    recommended: lists can be shorter than n.

    References
    ----------
    M. Deshpande and G. Karypis, "Item-based top-N recommendation algorithms", ACM
    Transactions on Information Systems 22 (2004).

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import ItemKNN
    >>> data = make_interactions(200, 50, 2000, random_state=0).matrix
    >>> knn = ItemKNN(n_neighbors=10).fit(data)
    >>> similar = knn.similar_items([0, 1], n=3)
    >>> [int(item) for item in similar["item"]]
    [0, 0, 0, 1, 1, 1]
    """

    _tensors: ClassVar[dict[str, str]] = {"neighbors_": "ik", "similarities_": "ik"}

    neighbors_: Items
    similarities_: Array

    def __init__(
        self,
        n_neighbors: int = 100,
        *,
        shrinkage: float = 0.0,
        n_threads: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.shrinkage = shrinkage
        self.n_threads = n_threads

    def _fit(self, data: Interactions, n_threads: int) -> dict[str, Any]:
        X, n_items = data.matrix, data.shape[1]
        n = min(check_count(self.n_neighbors, "n_neighbors", least=1), n_items - 1)
        shrinkage = check_real(self.shrinkage, "shrinkage", least=0)
        neighbors = np.full((n_items, n), -1, dtype=np.int64)
        similarities = np.zeros((n_items, n), dtype=X.dtype)
        # Columns of at most 1: their squares are in range.
        largest = np.asarray(X.max(axis=0).todense(), dtype=np.float64).ravel()
        largest[largest == 0] = 1
        X = X.copy()
        X.data /= largest[X.indices]
        norms = np.sqrt(X.astype(np.float64).power(2).sum(axis=0))
        norms[norms == 0] = 1
        Xt = X.T.tocsr()
        at_once = max(1, _BLOCK_BYTES // (n_items * X.dtype.itemsize))
        for begin in range(0, n_items if n else 0, at_once):
            end = min(begin + at_once, n_items)
            products = (Xt[begin:end] @ X).tocsr()
            row = np.repeat(np.arange(end - begin), np.diff(products.indptr))
            scale = norms[begin + row] * norms[products.indices]
            if shrinkage:
                with np.errstate(over="ignore"):
                    unit = largest[begin + row] * largest[products.indices]
                    scale += shrinkage / np.maximum(unit, np.finfo(float).tiny)
            common = products.data > 0
            block = np.full((end - begin, n_items), -np.inf, dtype=X.dtype)
            block[row[common], products.indices[common]] = (products.data / scale)[
                common
            ]
            block[np.arange(end - begin), np.arange(begin, end)] = -np.inf
            neighbors[begin:end], found = top_of_scores(
                block, Selection(n, n_threads=n_threads)
            )
            similarities[begin:end] = np.where(np.isfinite(found), found, 0)
        return {"neighbors_": neighbors, "similarities_": similarities}

    def _scores(self, matrix: Any, n_threads: int) -> Array:
        n_items = len(self.neighbors_)
        kept = self.neighbors_ >= 0
        item, _ = np.nonzero(kept)
        weights = scipy.sparse.coo_array(
            (self.similarities_[kept], (self.neighbors_[kept], item)),
            shape=(n_items, n_items),
        ).tocsr()
        found = (matrix @ weights).tocsr()
        scores = np.full(matrix.shape, -np.inf, dtype=matrix.dtype)
        row = np.repeat(np.arange(matrix.shape[0]), np.diff(found.indptr))
        scores[row, found.indices] = found.data
        return scores
