"""Models whose scores are inner products of factors of users and items."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import scipy.sparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from latentia._threads import n_threads as resolve_n_threads
from latentia._top_items import Items, Selection, top_of_product
from latentia.recommend.base import Recommender
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.recommend.user_blocks import (
    asked_users,
    is_read_by_blocks,
    transform_blocks,
)
from latentia.recommend.user_events import UserEvents


class FactorRecommender(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    Recommender,
):
    """A model whose scores are inner products of user and item factors.

    A subclass implements ``_fit``, which returns ``user_factors_`` and
    ``item_factors_``, and ``_fold_in``. A model with biases overrides
    ``_scoring_factors`` to put them into additional columns.

    Attributes
    ----------
    user_factors_ : ndarray of shape (n_users, n_factors)
    item_factors_ : ndarray of shape (n_items, n_factors)
        C-ordered, both of the type of the matrix.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import FactorRecommender, ImplicitALS
    >>> data = make_interactions(100, 50, 1000, random_state=0).matrix
    >>> als = ImplicitALS(4, n_iter=2, random_state=0).fit(data)
    >>> isinstance(als, FactorRecommender)
    True
    >>> als.transform(data[:3]).shape  # factors of users, from their events
    (3, 4)
    """

    _tensors: ClassVar[dict[str, str]] = {"user_factors_": "uk", "item_factors_": "ik"}

    user_factors_: Array
    item_factors_: Array

    @property
    def _n_features_out(self) -> int:
        """Number of columns of ``transform``, which have names."""
        return int(self.item_factors_.shape[1])

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

    def transform(self, X: Any) -> Any:
        """Return the factors of users from their events; nothing is trained again.

        Parameters
        ----------
        X : Interactions, sparse matrix, row source or Dask array
            Of shape (n_users, n_items), with the items of the fit, as for
            ``recommend``.

        Returns
        -------
        ndarray of shape (n_users, n_factors)
            Of a row source where its results are, see ``rows.open``; of a Dask array a
            Dask array.

        Raises
        ------
        TypeError, ValueError
            As for ``recommend``.
        """
        return self._transform(X)

    def _transform(
        self, X: Any, prior_of: Callable[[Array], Array] | None = None
    ) -> Any:
        """Return the factors of users; ``prior_of(ids)`` are those by features."""
        check_is_fitted(self, "interactions_")
        readable = isinstance(X, Interactions) or is_read_by_blocks(X)
        if not readable and not scipy.sparse.issparse(X):
            raise TypeError(
                "X must be Interactions, a sparse matrix of users × items, or one that "
                f"is read by blocks (rows.open), got {type(X).__name__}"
            )
        n_threads = resolve_n_threads(self.n_threads)
        users, ids = asked_users(X, self.interactions_)
        prior = None if prior_of is None else prior_of(ids)
        if isinstance(users, UserEvents):
            return self._new_factors(users._replace(prior=prior), n_threads)
        return transform_blocks(self, users, prior, n_threads)

    def _new_factors(self, users: UserEvents, n_threads: int) -> Array:
        """Return the factors of new users; a model with features uses their prior."""
        return self._fold_in(users.matrix, n_threads)

    def _scoring_factors(
        self, users: UserEvents, n_threads: int
    ) -> tuple[Array, Array]:
        """Return U (n_users × k) and V (n_items × k): the scores are U·Vᵀ."""
        if users.rows is not None:
            return self.user_factors_[users.rows], self.item_factors_
        return self._new_factors(users, n_threads), self.item_factors_

    def _top_items(
        self, users: UserEvents, selection: Selection
    ) -> tuple[Items, Array]:
        U, V = self._scoring_factors(users, selection.n_threads)
        U, V = np.ascontiguousarray(U), np.ascontiguousarray(V)
        return top_of_product(U, V, selection)

    def _item_vectors(self) -> Any:
        return self.item_factors_
