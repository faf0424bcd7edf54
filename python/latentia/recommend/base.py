"""What all recommenders share: ids, lists, similar items, files.

A recommender is a class that is derived from ``FactorRecommender`` or
``ScoreRecommender`` and implements the hooks of ``Recommender``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_choice, check_count, check_flag
from latentia._threads import n_threads as resolve_n_threads
from latentia._top_items import Items, top_of_product
from latentia.recommend import storage
from latentia.recommend.frame import as_frame
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.rows import Csr
from latentia.rows.to_memory import csr_block

COLD: tuple[str, ...] = ("popular", "error")


class UserEvents(NamedTuple):
    """The users for whom a list is wanted.

    Attributes
    ----------
    matrix : csr_array of shape (n_users, n_items)
        Their events, with the items of the fit.
    rows : ndarray of shape (n_users,) or None
        Their row numbers in the fit; None for users to be folded in.
    """

    matrix: Any
    rows: NDArray[np.int64] | None


class TopItems(NamedTuple):
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
        self,
        users: UserEvents,
        n: int,
        *,
        exclude: Csr | None,
        offered: Items | None,
        n_threads: int,
    ) -> tuple[Items, Array]:
        """Return the n best items of each user and their scores.

        Parameters
        ----------
        users : UserEvents
        n : int
        exclude : Csr of shape (n_users, n_items), optional
            Its stored entries are left out.
        offered : ndarray of int64, optional
            Item numbers to choose from, ascending; by default all.
        n_threads : int

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
        users : list of ids, Interactions, or sparse matrix of shape (n_users, n_items)
            Users of the fit by their ids; by default all. Or new users by their events,
            which are folded in: nothing is trained again. The items of ``Interactions``
            are found by their ids, and those of a matrix are the columns of the fit.
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
            another number of items, or a user has no events and ``cold`` is "error".
        """
        check_is_fitted(self, "interactions_")
        count = check_count(n, "n", least=1)
        events, ids = self._user_events(users)
        top = self._recommend(
            events,
            min(count, self.interactions_.shape[1]),
            exclude_seen=check_flag(exclude_seen, "exclude_seen"),
            offered=self._offered(items, filter_items),
            cold=check_choice(cold, "cold", COLD),
            ids=ids,
        )
        stored = top.items >= 0
        row, rank = np.nonzero(stored)
        return as_frame(
            {
                "user": ids[row],
                "item": self.interactions_.items[top.items[stored]],
                "score": top.scores[stored],
                "rank": rank + 1,
                "popular": top.popular[row],
            }
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
        count = check_count(n, "n", least=1)
        columns = self.interactions_.columns_of(items)
        found, cosines = _most_similar(
            self._item_vectors(),
            columns,
            min(count, self.interactions_.shape[1]),
            resolve_n_threads(self.n_threads),
        )
        stored = found >= 0
        row, rank = np.nonzero(stored)
        ids = self.interactions_.items
        return as_frame(
            {
                "item": ids[columns[row]],
                "similar": ids[found[stored]],
                "cosine": cosines[stored],
                "rank": rank + 1,
            }
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
        self,
        users: UserEvents,
        n: int,
        *,
        exclude_seen: bool,
        offered: Items | None,
        cold: str,
        ids: Array,
    ) -> TopItems:
        """Return the n best items; lists, metrics and rankings all come from here."""
        n_threads = resolve_n_threads(self.n_threads)
        is_cold = np.diff(users.matrix.indptr) == 0
        if cold == "error" and is_cold.any():
            named = ", ".join(repr(user) for user in ids[is_cold][:5].tolist())
            raise ValueError(
                f"users without events: {named} ({is_cold.sum():,} in all); "
                'cold="popular" gives them the popular items'
            )
        exclude = csr_block(users.matrix) if exclude_seen else None
        items, scores = self._top_items(
            users, n, exclude=exclude, offered=offered, n_threads=n_threads
        )
        if is_cold.any():
            popular = np.lexsort(
                (np.arange(len(self.item_counts_)), -self.item_counts_)
            )
            if offered is not None:
                popular = popular[np.isin(popular, offered)]
            popular = popular[:n]
            items[is_cold], scores[is_cold] = -1, -np.inf
            items[is_cold, : len(popular)] = popular
            scores[is_cold, : len(popular)] = self.item_counts_[popular]
        return TopItems(items, scores, is_cold)

    def _user_events(self, users: Any) -> tuple[UserEvents, Array]:
        """Return the events of known or new users, and the users' ids."""
        known = self.interactions_
        if users is None:
            return UserEvents(known.matrix, np.arange(known.shape[0])), known.users
        if isinstance(users, Interactions) or scipy.sparse.issparse(users):
            data = self._new_users(users)
            return UserEvents(data.matrix, None), data.users
        rows = known.rows_of(users)
        return UserEvents(known.matrix[rows], rows), known.users[rows]

    def _new_users(self, X: Any) -> Interactions:
        """Return events of users with the items of the fit."""
        known = self.interactions_
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
            if X.shape[1] != known.shape[1]:
                swapped = (
                    ": it is items × users; give its transpose"
                    if X.shape[0] == known.shape[1]
                    else ""
                )
                raise ValueError(
                    f"the matrix must be users × items with the {known.shape[1]} items "
                    f"of the fit, got {X.shape[0]} × {X.shape[1]}{swapped}"
                )
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

    def _offered(self, items: Any, filter_items: Any) -> Items | None:
        """Return the numbers of the items that can be recommended; None for all."""
        if items is None and filter_items is None:
            return None
        known = self.interactions_
        offered = np.full(known.shape[1], items is None)
        if items is not None:
            offered[known.columns_of(items)] = True
        if filter_items is not None:
            offered[known.columns_of(filter_items)] = False
        found: Items = np.flatnonzero(offered)
        return found


class FactorRecommender(Recommender):
    """A model whose scores are inner products of user and item factors.

    A subclass implements ``_fit``, which returns ``user_factors_`` and
    ``item_factors_``, and ``_fold_in``. A model with biases overrides
    ``_scoring_factors`` to put them into additional columns.

    Attributes
    ----------
    user_factors_ : ndarray of shape (n_users, n_factors)
    item_factors_ : ndarray of shape (n_items, n_factors)
        C-ordered, both of the type of the matrix.
    """

    _tensors: ClassVar[dict[str, str]] = {"user_factors_": "uk", "item_factors_": "ik"}

    user_factors_: Array
    item_factors_: Array

    @abstractmethod
    def _fold_in(self, matrix: Any, n_threads: int) -> Array:
        """Return the factors of users, from their events and ``item_factors_``.

        Parameters
        ----------
        matrix : csr_array of shape (n_users, n_items)
            Canonical, of the type of the fit.
        n_threads : int

        Returns
        -------
        ndarray of shape (n_users, n_factors)
        """

    def transform(self, X: Any) -> Array:
        """Return the factors of users from their events; nothing is trained again.

        Parameters
        ----------
        X : Interactions or sparse matrix of shape (n_users, n_items)
            With the items of the fit, as for ``recommend``.

        Returns
        -------
        ndarray of shape (n_users, n_factors)

        Raises
        ------
        TypeError, ValueError
            As for ``recommend``.
        """
        check_is_fitted(self, "interactions_")
        if not isinstance(X, Interactions) and not scipy.sparse.issparse(X):
            raise TypeError(
                "X must be Interactions or a sparse matrix of users × items, got "
                f"{type(X).__name__}"
            )
        matrix = self._new_users(X).matrix
        return self._fold_in(matrix, resolve_n_threads(self.n_threads))

    def _scoring_factors(
        self, users: UserEvents, n_threads: int
    ) -> tuple[Array, Array]:
        """Return U (n_users × k) and V (n_items × k): the scores are U·Vᵀ."""
        if users.rows is not None:
            return self.user_factors_[users.rows], self.item_factors_
        return self._fold_in(users.matrix, n_threads), self.item_factors_

    def _top_items(
        self,
        users: UserEvents,
        n: int,
        *,
        exclude: Csr | None,
        offered: Items | None,
        n_threads: int,
    ) -> tuple[Items, Array]:
        U, V = self._scoring_factors(users, n_threads)
        U, V = np.ascontiguousarray(U), np.ascontiguousarray(V)
        return top_of_product(
            U, V, n, exclude=exclude, offered=offered, n_threads=n_threads
        )

    def _item_vectors(self) -> Any:
        return self.item_factors_


def _most_similar(
    vectors: Any, columns: NDArray[np.int64], n: int, n_threads: int
) -> tuple[Items, Array]:
    """Return the n rows with the largest cosine to each of these rows."""
    own = Csr(
        np.arange(len(columns) + 1, dtype=np.int64),
        columns.astype(np.int64),
        np.ones(len(columns), dtype=vectors.dtype),
        vectors.shape[0],
    )
    if scipy.sparse.issparse(vectors):
        return _most_similar_sparse(vectors, columns, n)
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1)
    unit = (vectors / np.where(norms > 0, norms, 1.0)[:, None]).astype(vectors.dtype)
    items, cosines = top_of_product(
        np.ascontiguousarray(unit[columns]),
        np.ascontiguousarray(unit),
        n,
        exclude=own,
        offered=None if norms.all() else np.flatnonzero(norms),
        n_threads=n_threads,
    )
    without = norms[columns] == 0
    items[without], cosines[without] = -1, -np.inf
    return items, cosines.clip(None, 1.0)


def _most_similar_sparse(
    vectors: Any, columns: NDArray[np.int64], n: int
) -> tuple[Items, Array]:
    norms = np.sqrt(vectors.astype(np.float64).power(2).sum(axis=1))
    scale = scipy.sparse.diags_array(1 / np.where(norms > 0, norms, 1.0))
    unit = (scale @ vectors).tocsr()
    items = np.full((len(columns), n), -1, dtype=np.int64)
    cosines = np.full((len(columns), n), -np.inf)
    products = (unit[columns] @ unit.T).tocsr()
    for i, column in enumerate(columns):
        begin, end = products.indptr[i : i + 2]
        others, values = products.indices[begin:end], products.data[begin:end]
        kept = (others != column) & (values > 0)
        others, values = others[kept], values[kept]
        order = np.lexsort((others, -values))[:n]
        items[i, : len(order)] = others[order]
        cosines[i, : len(order)] = np.minimum(values[order], 1.0)
    return items, cosines
