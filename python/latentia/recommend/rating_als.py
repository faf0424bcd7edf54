"""Explicit ratings: a mean, biases, and factors."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count, check_flag, check_real
from latentia.recommend import rating_fit
from latentia.recommend.als import check_factors, check_verbose
from latentia.recommend.factor_model import FactorRecommender
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.recommend.user_events import UserEvents, with_items_of
from latentia.rows.to_memory import csr_block


class RatingErrors(NamedTuple):
    """Errors of predicted ratings, in the unit of the ratings.

    Attributes
    ----------
    rmse : float
        √ of the mean squared error.
    mae : float
        Mean absolute error.
    n : int
        Number of ratings.

    Examples
    --------
    >>> from latentia.recommend import RatingErrors
    >>> errors = RatingErrors(rmse=0.85, mae=0.67, n=20_000)
    >>> errors.rmse, errors.n
    (0.85, 20000)
    """

    rmse: float
    mae: float
    n: int


class RatingALS(FactorRecommender):
    """Matrix factorisation of ratings, with biases, by alternating least squares.

    Parameters
    ----------
    n_factors : int, default=32
        k, the length of the factors.
    regularization : float, default=0.1
        λ, for each rating of a user or item: see Notes. It belongs to the unit of the
        ratings: 0.1 suits a scale of a few points, such as 1 to 5. Ratings times s have
        biases times s, but factors times √s, whose penalty is weaker by 1/s.
    n_iter : int, default=20
        Iterations: both sides are updated in each.
    random_state : int, Generator, RandomState or None
        Seed of the initial factors.
    n_threads : int, optional
        Upper limit of threads; see ``latentia.n_threads``. The result does not depend
        on it.
    verbose : bool, default=False
        Show a progress bar with the objective.

    Attributes
    ----------
    mean_ : float
        μ, the mean rating.
    user_biases_ : ndarray of shape (n_users,)
    item_biases_ : ndarray of shape (n_items,)
    user_factors_ : ndarray of shape (n_users, n_factors)
    item_factors_ : ndarray of shape (n_items, n_factors)
    rating_range_ : list of two floats
        The lowest and the highest rating of the fit.
    objectives_ : ndarray of shape (n_iter,)
        The squared errors with their penalties after each iteration.
    interactions_ : Interactions
        What it was fitted on.
    item_counts_ : ndarray of shape (n_items,), int64
        Number of users of each item.
    n_features_in_ : int
        Number of items.

    Notes
    -----
    The predicted rating is r̂_ui = μ + b_u + b_i + x_uᵀy_i. A fit minimises

        Σ_{(u,i) rated} (r_ui − r̂_ui)² + λ Σ_u n_u (b_u² + ‖x_u‖²)
        + λ Σ_i n_i (b_i² + ‖y_i‖²),

    with n_u, n_i the numbers of ratings ("weighted-λ", Zhou et al. 2008). Half an
    iteration solves for b_u and x_u together, exactly. The last one updates the users,
    so the factors of a user are those that ``transform`` finds from the user's ratings.
    A user or item without ratings has zeros. ``Interactions`` sums the values of
    duplicate events: give one rating for each pair. It takes no negative ratings, and a
    rating of 0 only with ``keep_zeros=True``: shift such a scale.

    Here the score of ``recommend`` is the predicted rating.

    References
    ----------
    Y. Koren, R. Bell and C. Volinsky, "Matrix factorization techniques for recommender
    systems", Computer 42 (2009).
    Y. Zhou, D. Wilkinson, R. Schreiber and R. Pan, "Large-scale parallel collaborative
    filtering for the Netflix Prize", AAIM 2008.

    Examples
    --------
    >>> from latentia.datasets import make_ratings
    >>> from latentia.recommend import RatingALS, split
    >>> ratings = make_ratings(200, 50, 4000, random_state=0).ratings
    >>> train, test = split(ratings, random_state=0)
    >>> als = RatingALS(4, n_iter=5, random_state=0).fit(train)
    >>> als.predict([0, 0], [1, 2]).shape
    (2,)
    >>> als.errors(test).rmse < 1
    True
    """

    _tensors: ClassVar[dict[str, str]] = {
        **FactorRecommender._tensors,
        "user_biases_": "u",
        "item_biases_": "i",
        "objectives_": "t",
    }
    _facts: ClassVar[dict[str, tuple[type, ...]]] = {
        "mean_": (float,),
        "rating_range_": (list,),
    }

    mean_: float
    user_biases_: Array
    item_biases_: Array
    rating_range_: list[float]
    objectives_: NDArray[np.float64]

    def __init__(
        self,
        n_factors: int = 32,
        *,
        regularization: float = 0.1,
        n_iter: int = 20,
        random_state: Any = None,
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_factors = n_factors
        self.regularization = regularization
        self.n_iter = n_iter
        self.random_state = random_state
        self.n_threads = n_threads
        self.verbose = verbose

    def predict(self, users: Any, items: Any, *, clip: bool = False) -> Array:
        """Return the predicted rating of each pair.

        Parameters
        ----------
        users, items : list of ids of the same length
        clip : bool, default=False
            Limit the predictions to the range of the ratings of the fit.

        Returns
        -------
        ndarray of shape (n_pairs,)

        Raises
        ------
        ValueError
            If an id is not known, or the lengths differ.
        """
        check_is_fitted(self, "interactions_")
        rows = self.interactions_.rows_of(users)
        columns = self.interactions_.columns_of(items)
        if len(rows) != len(columns):
            raise ValueError(
                f"users and items must have the same length, got {len(rows)} and "
                f"{len(columns)}"
            )
        return self._predicted(rows, columns, clip=check_flag(clip, "clip"))

    def errors(self, test: Any, *, clip: bool = True) -> RatingErrors:
        """Return the errors of the predictions of other ratings.

        Parameters
        ----------
        test : Interactions or sparse matrix of shape (n_users, n_items)
            Ratings of the same users and items.
        clip : bool, default=True
            Limit the predictions to the range of the ratings of the fit.

        Returns
        -------
        RatingErrors

        Raises
        ------
        ValueError
            If a user or item is not known, or there are no ratings.
        """
        check_is_fitted(self, "interactions_")
        clip = check_flag(clip, "clip")
        known = self.interactions_
        if isinstance(test, Interactions):
            data = test
            rows, columns = known.rows_of(data.users), known.columns_of(data.items)
        else:
            data = with_items_of(test, known)
            if data.shape != known.shape:
                raise ValueError(
                    f"test must have the shape {known.shape} of the fit, got "
                    f"{data.shape}"
                )
            rows, columns = np.arange(known.shape[0]), np.arange(known.shape[1])
        entries = data.matrix.tocoo()
        if entries.nnz == 0:
            raise ValueError("test must have at least one rating, got none")
        found = self._predicted(rows[entries.row], columns[entries.col], clip=clip)
        off = found.astype(np.float64) - entries.data
        return RatingErrors(
            float(np.sqrt(np.mean(off**2))), float(np.mean(np.abs(off))), len(off)
        )

    def _predicted(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], *, clip: bool
    ) -> Array:
        found: Array = np.einsum(
            "pk,pk->p", self.user_factors_[rows], self.item_factors_[columns]
        )
        found += self.mean_ + self.user_biases_[rows] + self.item_biases_[columns]
        least, most = self.rating_range_
        return found.clip(least, most) if clip else found

    def _fit(self, data: Interactions, n_threads: int) -> dict[str, Any]:
        k = check_count(self.n_factors, "n_factors", least=1)
        return rating_fit.fit(
            data,
            k,
            check_real(self.regularization, "regularization", least=0),
            n_iter=check_count(self.n_iter, "n_iter", least=1),
            verbose=check_verbose(self.verbose),
            random_state=self.random_state,
            n_threads=n_threads,
        )

    def _remember(self, data: Interactions) -> None:
        check_real(self.mean_, "mean_")
        least, most = (check_real(v, "rating_range_") for v in self.rating_range_)
        if least > most:
            raise ValueError(f"rating_range_ is {self.rating_range_}")
        super()._remember(data)

    def _fold_in(self, matrix: Any, n_threads: int) -> Array:
        return np.ascontiguousarray(self._with_bias(matrix, n_threads)[:, :-1])

    def _with_bias(self, matrix: Any, n_threads: int) -> Array:
        """Return factors and, in the last column, biases of users."""
        V = np.column_stack([self.item_factors_, self.item_biases_])
        U = np.zeros((matrix.shape[0], V.shape[1]), dtype=V.dtype)
        regularization = check_real(self.regularization, "regularization", least=0)
        objective = rating_fit.half(
            csr_block(matrix), U, V, self.mean_, regularization, n_threads
        )
        return check_factors(U, objective)

    def _scoring_factors(
        self, users: UserEvents, n_threads: int
    ) -> tuple[Array, Array]:
        if users.rows is None:
            U = self._with_bias(users.matrix, n_threads)
        else:
            U = np.column_stack([self.user_factors_, self.user_biases_])[users.rows]
        # x·y + (b_u + μ)·1 + 1·b_i
        U[:, -1] += U.dtype.type(self.mean_)
        ones = np.ones((len(U), 1), dtype=U.dtype)
        V = np.column_stack(
            [
                self.item_factors_,
                np.ones(len(self.item_factors_), dtype=U.dtype),
                self.item_biases_,
            ]
        )
        return np.hstack([U, ones]), V
