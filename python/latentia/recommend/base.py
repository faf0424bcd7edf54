"""What all recommenders share: ids, lists, similar items, files.

A recommender is a class that is derived from ``FactorRecommender`` or
``ScoreRecommender`` and implements the hooks of ``Recommender``.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count
from latentia._threads import n_threads as resolve_n_threads
from latentia._top_items import Items, Selection
from latentia.recommend import storage
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.recommend.list_table import list_table
from latentia.recommend.similar_items import similar_table
from latentia.recommend.user_blocks import asked_users, is_read_by_blocks
from latentia.recommend.user_events import (
    ListOptions,
    TopItems,
    UserEvents,
    most_popular,
    users_without_events,
)
from latentia.rows.to_memory import csr_block


class Recommender(BaseEstimator, ABC):  # type: ignore[misc]
    """Base of all recommenders.

    A subclass has the parameter ``n_threads`` and implements ``_fit`` and
    ``_top_items``.

    Attributes
    ----------
    interactions_ : Interactions
        What the model was fitted on. Its items are the items of the model, and its
        stored entries are the seen items.
    item_counts_ : ndarray of shape (n_items,), int64
        Number of users of each item.
    n_features_in_ : int
        Number of items.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import EASE, ItemKNN, Popularity, Recommender
    >>> data = make_interactions(100, 50, 1000, random_state=0).matrix
    >>> models = [model.fit(data) for model in (EASE(), ItemKNN(), Popularity())]
    >>> all(isinstance(model, Recommender) for model in models)
    True
    >>> [len(model.recommend([0], n=3)["item"]) for model in models]
    [3, 3, 3]
    """

    _tensors: ClassVar[dict[str, str]] = {}
    """Fitted arrays that ``save`` writes, and their axes: u users, i items; other
    letters are sizes that the file has itself. With "?" in front: may be absent."""

    _facts: ClassVar[dict[str, tuple[type, ...]]] = {}
    """Fitted numbers, strings and lists that ``save`` writes, and their types."""

    n_threads: int | None
    interactions_: Interactions
    item_counts_: NDArray[np.int64]

    # --- what a subclass implements ---------------------------------------------------

    @abstractmethod
    def _fit(self, data: Interactions, n_threads: int) -> dict[str, Any]:
        """Return the fitted attributes by name.

        ``fit`` sets them when all is done: a failed fit leaves the estimator as it was.
        """

    @abstractmethod
    def _top_items(
        self, users: UserEvents, selection: Selection
    ) -> tuple[Items, Array]:
        """Return the n best items of each user and their scores.

        Parameters
        ----------
        users : UserEvents
        selection : Selection
            n, the seen items to leave out, the items to choose from, and the threads.

        Returns
        -------
        items, scores : ndarray of shape (n_users, n)
            −1 and −∞ where there are no more. Ties: the lower item number first.
        """

    def _item_vectors(self) -> Any:
        """Return the vectors whose cosine is the similarity of items.

        By default each item's column of the training matrix, as CSR of shape (n_items,
        n_users).
        """
        return self.interactions_.matrix.T.tocsr()

    def _prior_of(self, user_features: Any, ids: Array) -> Array | None:
        """Return the factors that features of new users predict.

        None if the model was not fitted with features of users.
        """
        return None

    # --- public -----------------------------------------------------------------------

    def fit(self, X: Any, y: object = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : Interactions or sparse matrix of shape (n_users, n_items)
            The ids of a matrix are its row and column numbers. A stored 0 is no
            interaction, unless ``Interactions`` was made with ``keep_zeros=True``.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If X is something else, has negative entries or entries that are not finite,
            or nothing is stored.
        """
        return self._fit_to(self._checked(X))

    def _checked(self, X: Any) -> Interactions:
        if is_read_by_blocks(X):
            raise TypeError(
                "X must be in memory: a fit reads the events by users and by items. "
                "Give a sparse matrix, or fit a sample of the users; transform, "
                "recommend and evaluate_ranking read all of them by blocks"
            )
        data = X if isinstance(X, Interactions) else Interactions.from_matrix(X)
        if data.n_stored == 0:
            raise ValueError("X must have at least one event, got none")
        return data

    def _fit_to(self, data: Interactions, **more: Any) -> Self:
        """Fit, with further arguments of ``_fit``."""
        fitted = self._fit(data, resolve_n_threads(self.n_threads), **more)
        for name, value in fitted.items():
            setattr(self, name, value)
        self._remember(data)
        return self

    def recommend(
        self,
        users: Any = None,
        n: int = 10,
        *,
        exclude_seen: bool = True,
        items: Any = None,
        filter_items: Any = None,
        cold: str = "popular",
    ) -> Any:
        """Return the items with the highest scores for each user.

        Parameters
        ----------
        users : list of ids, Interactions, sparse matrix, row source or Dask array
            Users of the fit by their ids; by default all. Or new users by their events,
            which are folded in: nothing is trained again. The items of ``Interactions``
            are found by their ids, and those of a matrix of shape (n_users, n_items)
            are the columns of the fit. Rows of ``rows.open`` and of Dask are read block
            by block; their lists are in memory.
        n : int, default=10
            Length of a list.
        exclude_seen : bool, default=True
            Leave out the items that a user has events with.
        items : list of ids, optional
            Items to choose from; by default all.
        filter_items : list of ids, optional
            Items to leave out.
        cold : {"popular", "error"}, default="popular"
            What a user without events gets: the items with the most users, or an error.

        Returns
        -------
        pandas.DataFrame
            Or a dict of arrays, if pandas is not installed. One row for each user and
            item, in the order of ``users`` and of the rank:

            user, item
                Ids. New users of a matrix have their row numbers.
            score
                What the items are ordered by. It is no rating and no probability, and
                scores of different models cannot be compared.
            rank
                From 1 on. Of equal scores the item with the lower column number is
                first.
            popular
                True for a user without events, who gets the popular items; the score
                is then the number of their users.

            A list is shorter than ``n`` if fewer items are left, and a user for whom
            none is left has no rows.

        Raises
        ------
        ValueError
            If a user or item is not known (the message names up to five), a matrix has
            another number of items, negative or infinite entries, or a user has no
            events and ``cold`` is "error".
        """
        check_is_fitted(self, "interactions_")
        return list_table(
            self,
            *asked_users(users, self.interactions_),
            n,
            exclude_seen=exclude_seen,
            items=items,
            filter_items=filter_items,
            cold=cold,
        )

    def similar_items(self, items: Any, n: int = 10) -> Any:
        """Return the items that are most similar to each of these.

        Parameters
        ----------
        items : id or list of ids
        n : int, default=10

        Returns
        -------
        pandas.DataFrame
            Or a dict of arrays, if pandas is not installed. The columns are ``item``,
            ``similar`` (an id), ``cosine`` and ``rank`` (from 1 on). The item itself is
            left out. An item without a vector (no events) has no rows.

        Raises
        ------
        ValueError
            If an item is not known.

        Notes
        -----
        The cosine is that of the items' factors, or, for models without factors, that
        of their columns in the training matrix; then only items that share a user are
        similar.
        """
        check_is_fitted(self, "interactions_")
        return similar_table(
            self._item_vectors(),
            self.interactions_,
            items,
            check_count(n, "n", least=1),
            resolve_n_threads(self.n_threads),
        )

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the fitted model to a ``.safetensors`` file, completely or not at all.

        The file has the training matrix too: seen items are left out after ``load``.

        Raises
        ------
        TypeError
            If ids are neither integers nor strings.
        ValueError
            If the name has another ending.
        FileExistsError
            If the file exists and ``overwrite`` is false.
        OSError
            If it cannot be written; an existing file is kept.
        """
        check_is_fitted(self, "interactions_")
        storage.save(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model that ``save`` wrote; nothing in the file is executed.

        Raises
        ------
        ValueError
            If the file is damaged or holds something else.
        OSError
            If it cannot be read.
        """
        return storage.load(cls, Path(path))

    # --- shared steps -----------------------------------------------------------------

    def _remember(self, data: Interactions) -> None:
        self.interactions_ = data
        self.n_features_in_ = data.shape[1]
        counts = np.bincount(data.matrix.indices, minlength=data.shape[1])
        self.item_counts_ = counts.astype(np.int64)

    def _recommend(
        self, users: UserEvents, options: ListOptions, *, ids: Array, n_threads: int
    ) -> TopItems:
        """Return the n best items; lists, metrics and rankings all come from here."""
        n, offered = options.n, options.offered
        is_cold = self._is_cold(users)
        if options.cold == "error" and is_cold.any():
            raise users_without_events(ids[is_cold])
        exclude = csr_block(users.matrix) if options.exclude_seen else None
        items, scores = self._top_items(
            users, Selection(n, exclude, offered, n_threads)
        )
        if is_cold.any():
            popular = most_popular(self.item_counts_, offered)[:n]
            items[is_cold], scores[is_cold] = -1, -np.inf
            items[is_cold, : len(popular)] = popular
            scores[is_cold, : len(popular)] = self.item_counts_[popular]
        return TopItems(items, scores, is_cold)

    def _is_cold(self, users: UserEvents) -> NDArray[np.bool_]:
        """Return who gets the popular items: users of whom nothing is known."""
        cold: NDArray[np.bool_] = np.diff(users.matrix.indptr) == 0
        return cold

    def _for_new_users(self) -> Self:
        """Return the model without what belongs to its users, to be sent elsewhere."""
        light = copy.copy(self)
        light.interactions_ = self.interactions_.take_rows(np.arange(0))
        for name, axes in self._tensors.items():
            value = getattr(self, name)
            if axes.lstrip("?").startswith("u") and value is not None:
                setattr(light, name, value[:0])
        return light
