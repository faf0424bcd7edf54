"""The fit of an implicit ALS: users and items in turn, each with features or without.

With features the penalty of a row is λ_i ‖y_i − Wᵀf_i‖², and W is learnt from the rows
with events, see ``features``. A row without events is in no term of the loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia._warnings import warn_caller
from latentia.recommend.als import (
    Sides,
    Solver,
    alternate,
    check_factor_room,
    check_factors,
    gram,
    random_factors,
)
from latentia.recommend.als import ridge_of as in_type
from latentia.recommend.automatic_regularization import automatic_regularization
from latentia.recommend.eigenbasis import eigenbasis, solver_in_eigenbasis
from latentia.recommend.features import Features
from latentia.recommend.ids import Array
from latentia.recommend.implicit_options import Options
from latentia.recommend.interactions import Interactions
from latentia.rows import Csr
from latentia.rows.to_memory import csr_block

_LEAST_SQUARE = 1e-5
"""Of the largest: what is left of smaller ones falls from iteration to iteration."""

_LEAST_SCORE = 1e-6
"""If the scores, by their root mean square over as many pairs as there are events, are
below that, no factor is left: they fall towards zero."""

_LARGEST_MEAN = 1e4
"""Mean weight of events over that of what is not seen: with more, ALS takes hundreds of
iterations."""


class Side:
    """Users or items: their factors, which are updated in place, and their penalty.

    Attributes
    ----------
    factors : ndarray of shape (n_rows, n_factors)
    counts : ndarray of shape (n_rows,)
        Number of events.
    weights : ndarray of float64, shape (n_features, n_factors), or None
    """

    def __init__(
        self,
        factors: Array,
        by_row: Csr,
        n_others: int,
        features: Features | None,
        options: Options,
    ) -> None:
        self.factors, self._by_row, self._options = factors, by_row, options
        self.counts = np.diff(by_row.indptr)
        self._features = features
        self._prior: Array | None = None
        self._penalties = options.ridge(self.counts, n_others)
        self.weights: Array | None = None
        if features is not None:
            self._penalties[self.counts == 0] = 0
            features.weigh(self._penalties, options.n_factors)
            self.weights = np.zeros((features.n_features, options.n_factors))
        self._ridge = in_type(self._penalties, factors.dtype)

    def update(
        self,
        others: Array,
        gram_of_others: Array,
        n_threads: int,
        solver: Solver | None = None,
    ) -> float:
        """Update the factors; return the loss with their penalty."""
        return self._options.update(
            self.factors,
            others,
            gram_of_others,
            by_row=self._by_row,
            ridge=self._ridge,
            prior=self._prior,
            solver=solver,
            n_threads=n_threads,
        )

    def learn(self) -> None:
        """Learn the weights of the features from the factors."""
        if self._features is not None and self.weights is not None:
            self._features.regress(self.factors, self.weights)
            self._prior = self._features.predict(self.weights, self.factors.dtype)

    def rotate(self, Q: Array, n_threads: int) -> None:
        """Multiply the factors, and what predicts them, by an orthogonal matrix."""
        for array in (self.factors, self._prior):
            if array is not None:
                kernels.als_rotate(array, Q.astype(array.dtype), n_threads)
        if self.weights is not None:
            self.weights[:] = self.weights @ Q

    def set_new(self) -> None:
        """Set the factors of rows without events to what their features predict."""
        if self._features is not None and self.weights is not None:
            new = self.counts == 0
            predicted = self._features.predict(self.weights, self.factors.dtype)
            self.factors[new] = predicted[new]

    def penalty(self) -> float:
        """Return Σ λ_i ‖y_i − Wᵀf_i‖² + λ̄ ‖W‖²."""
        off = self.factors if self._prior is None else self.factors - self._prior
        squares = np.einsum("ik,ik->i", off, off, dtype=np.float64)
        return float(self._penalties @ squares) + self.penalty_of_weights()

    def penalty_of_weights(self) -> float:
        """Return λ̄ ‖W‖²."""
        if self._features is None or self.weights is None:
            return 0.0
        return self._features.penalty(self.weights)


def fit(
    data: Interactions,
    options: Options,
    seed: int,
    *,
    choose_regularization: bool,
    user_features: Features | None,
    item_features: Features | None,
    n_threads: int,
) -> dict[str, Any]:
    """Return the fitted attributes of an ``ImplicitALS``."""
    k, dtype = options.n_factors, data.dtype
    n_users, n_items = data.shape
    check_factor_room(data.shape, k, dtype)
    confidences = options.confidences(data.matrix)
    if options.choose_solver:
        options = options._replace(solver=options.solver_for(confidences))
    if choose_regularization:
        options = options._replace(
            regularization=automatic_regularization(confidences, options)
        )
    by_user, by_item = Sides.of(confidences)
    cheap = solver_in_eigenbasis(
        options.solver, k, n_users + n_items, by_user.data, options.unobserved_weight
    )
    if cheap:
        options = options._replace(solver=cheap)
    U = np.zeros((n_users, k), dtype=dtype)
    V = random_factors(n_items, k, dtype, seed)
    users = Side(U, by_user, n_items, user_features, options)
    items = Side(V, by_item, n_users, item_features, options)

    def rotated(G: Array) -> Array:
        if not (cheap and np.isfinite(G).all()):
            return G
        diagonal, Q = eigenbasis(G)
        for side in (users, items):
            side.rotate(Q, n_threads)
        return diagonal

    def update_users(solver: Solver | None = None) -> float:
        G = rotated(options.item_gram(V, items.counts, n_threads))
        return users.update(V, G, n_threads, solver)

    def iterations() -> Iterator[float]:
        # From zero, the few steps of an iteration would find too little.
        update_users(options.solver.from_zero())
        for _ in range(options.n_iter):
            users.learn()
            # Users without events stay zero meanwhile, and add nothing to the Gram.
            G = rotated(gram(U, options.unobserved_weight, n_threads))
            if not np.isfinite(items.update(U, G, n_threads)):
                yield np.nan  # an error
            items.learn()
            items.set_new()
            # The loss of the users' half has the penalty of U.
            yield update_users() + items.penalty() + users.penalty_of_weights()

    learnt = [side.weights for side in (users, items) if side.weights is not None]
    objectives = alternate(
        iterations,
        options.n_iter,
        (U, V, *learnt),
        name="ImplicitALS",
        verbose=options.verbose,
    )
    users.set_new()
    if options.unobserved_weight:  # else all scores are 1
        chosen = " (chosen by 'auto')" if choose_regularization else ""
        n_left = _factors_left(U, V, data.n_stored, n_threads)
        # Few rows need few factors.
        if n_left < (2 if 1 < k < min(n_users, n_items) else 1):
            warn_caller(
                f"regularization={options.regularization:g}{chosen} leaves {n_left} of "
                f"{k} factors: all users get nearly the same items; choose a smaller "
                "one, for instance by latentia.recommend.search",
                UserWarning,
            )
        _warn_of_large_weights(confidences.data, options)
    return {
        "user_factors_": U,
        "item_factors_": V,
        "regularization_": options.regularization,
        "objectives_": objectives,
        "user_feature_weights_": _in_type(users.weights, dtype),
        "item_feature_weights_": _in_type(items.weights, dtype),
    }


def _factors_left(U: Array, V: Array, n_events: int, n_threads: int) -> int:
    """Return how many directions of the item factors the penalty has left.

    The penalty of both sides is that of the nuclear norm of U·Vᵀ (Srebro, Rennie and
    Jaakkola, NIPS 2004): it sets singular values to zero.
    """
    G, H = (gram(F, 1.0, n_threads).astype(np.float64) for F in (U, V))
    if not (np.isfinite(G).all() and np.isfinite(H).all()):
        return len(H)
    if np.vdot(G, H) < _LEAST_SCORE**2 * n_events:  # ‖U·Vᵀ‖²
        return 0
    squares = np.linalg.eigvalsh(H)
    return int(np.count_nonzero(squares > _LEAST_SQUARE * squares[-1]))


def _warn_of_large_weights(weights: Array, options: Options) -> None:
    """Warn of weights with which the loss is nearly that of the events alone."""
    mean = float(weights.mean(dtype=np.float64))
    if options.unobserved_weight * _LARGEST_MEAN < mean:
        warn_caller(
            f"events have weights of {mean:g} (alpha · the values of X), "
            f"{mean / options.unobserved_weight:.1g} times unobserved_weight: lists "
            "may be poor; choose a smaller alpha, or scale the values",
            UserWarning,
        )


def fold_in(
    matrix: Any,
    V: Array,
    item_counts: NDArray[np.int64],
    options: Options,
    *,
    prior: Array | None,
    n_threads: int,
) -> Array:
    """Return the factors of new users, which are drawn to their prior."""
    counts = np.diff(matrix.indptr)
    ridge = options.ridge(counts, len(V))
    U = np.zeros((matrix.shape[0], V.shape[1]), dtype=V.dtype)
    if prior is not None:
        ridge[counts == 0] = 0
        U[:] = prior
        U[counts == 0] = 0
    objective = options.update(
        U,
        V,
        options.item_gram(V, item_counts, n_threads),
        by_row=csr_block(options.confidences(matrix)),
        ridge=in_type(ridge, V.dtype),
        prior=prior,
        solver=Solver.for_new_rows(V.shape[1]),
        n_threads=n_threads,
    )
    if prior is not None:
        U[counts == 0] = prior[counts == 0]
    return check_factors(U, objective)


def _in_type(weights: Array | None, dtype: np.dtype[Any]) -> Array | None:
    return None if weights is None else weights.astype(dtype)
