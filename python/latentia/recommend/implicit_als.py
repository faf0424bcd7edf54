"""Implicit feedback: factors of confidence-weighted events."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count, check_real, draw_seed
from latentia.recommend import implicit_fit
from latentia.recommend.als import SolverName
from latentia.recommend.described_users import described_users, predicted_prior
from latentia.recommend.factor_model import FactorRecommender
from latentia.recommend.features import Features
from latentia.recommend.frame import as_frame
from latentia.recommend.ids import Array
from latentia.recommend.implicit_options import (
    AUTO,
    LossName,
    Options,
    check_regularization,
)
from latentia.recommend.interactions import Interactions
from latentia.recommend.list_table import list_table
from latentia.recommend.user_blocks import asked_users
from latentia.recommend.user_events import UserEvents


class ImplicitALS(FactorRecommender):
    """Matrix factorisation of implicit feedback by alternating least squares.

    Parameters
    ----------
    n_factors : int, default=64
        k, the length of the factors. More are better where there are many events, and
        take longer: 128 to 1024 for millions of events.
    alpha : float, default=1.0
        The confidence of an event is c = alpha · its value.
    unobserved_weight : float, default=0.1
        α₀, the weight of a score where there is no event. Lower values recommend rare
        items more.
    regularization : float or "auto", default="auto"
        λ. "auto" follows the numbers of users, items and events, see Notes. `search`
        finds what is best for held-out events.
    frequency_exponent : float, default=1.0
        ν: 1 regularises users and items in proportion to their number of events, 0
        all alike.
    loss : {"rendle", "hu"}, default="rendle"
        See Notes. "hu" with ``unobserved_weight=1`` and ``frequency_exponent=0`` is the
        loss of the package implicit, whose alpha · value is the whole weight of a seen
        pair: here 1 + alpha · value.
    n_iter : int, default=15
        Iterations: both sides are updated in each.
    solver : {"auto", "cg", "cholesky", "subspace"}, default="auto"
        "cg" takes two or three steps of conjugate gradients a half-iteration,
        "cholesky" solves it exactly (k³ operations a user), "subspace" block by block
        (iALS++). "auto" is "cg", and "subspace" where weights of events are above 1000
        times α₀.
    random_state : int, Generator, RandomState or None
        Seed of the initial factors.
    n_threads : int, optional
        Upper limit of threads; see ``latentia.n_threads``. The result does not depend
        on it.
    verbose : bool, default=False
        Show a progress bar with the objective.

    Attributes
    ----------
    user_factors_ : ndarray of shape (n_users, n_factors)
    item_factors_ : ndarray of shape (n_items, n_factors)
    regularization_ : float
        λ, as it was given or chosen. New users are folded in with it.
    objectives_ : ndarray of shape (n_iter,)
        The loss with its penalties after each iteration.
    user_feature_weights_ : ndarray of shape (n_user_features, n_factors) or None
    item_feature_weights_ : ndarray of shape (n_item_features, n_factors) or None
        What each feature of a user or item adds to its factors, if features were given.
    interactions_ : Interactions
        What it was fitted on.
    item_counts_ : ndarray of shape (n_items,), int64
        Number of users of each item.
    n_features_in_ : int
        Number of items.

    Notes
    -----
    With the score s_ui = x_uᵀy_i and n_u, n_i the numbers of events, it minimises

        Σ_{(u,i) seen} c_ui (1 − s_ui)² + α₀ Σ_{all u,i} s_ui²
        + λ Σ_u (n_u + α₀ n_items)^ν ‖x_u‖² + λ Σ_i (n_i + α₀ n_users)^ν ‖y_i‖².

    In the loss "hu" a seen pair has the weight α₀ + c_ui instead of both terms:
    Σ_{seen} (α₀ + c_ui)(1 − s_ui)² + α₀ Σ_{not seen} s_ui².

    A half-iteration is one pass over the events of the users (or items): it keeps no
    array of n_users × k². The last one updates the users, so the factors of a user are
    those that ``transform`` finds from the user's events, exactly with "cholesky" and
    nearly with the others. After Ctrl-C all factors are those of the last complete
    iteration, of which a fit keeps a copy.

    The loss does not change if all factors are multiplied by an orthogonal matrix. With
    "cg", with at least 32 users and items for each factor and c ≤ 32·α₀, this matrix is
    chosen in each half-iteration so that the Gram matrix of the fixed side is diagonal:
    few steps then do as much as more would without, and cost no k² operations. At the
    end the columns of the item factors, of items with events, are orthogonal.

    The penalty sets singular values of U·Vᵀ to zero, as that of the nuclear norm does,
    and more of them the more users and items there are. With "auto" those vanish that
    are below 0.75 of the largest one that as many events at random places would have.
    If one factor is left, a warning says so: all users get nearly the same items then.

    A score is no rating and no probability.

    References
    ----------
    Y. Hu, Y. Koren and C. Volinsky, "Collaborative filtering for implicit feedback
    datasets", ICDM 2008.
    S. Rendle, W. Krichene, L. Zhang and Y. Koren, "Revisiting the performance of iALS
    on item recommendation benchmarks", RecSys 2022, arXiv 2110.14037; and "iALS++",
    arXiv 2110.14044.
    G. Takács, I. Pilászy and D. Tikk, "Applications of the conjugate gradient method
    for implicit feedback collaborative filtering", RecSys 2011.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import ImplicitALS
    >>> data = make_interactions(200, 100, 3000, random_state=0).matrix
    >>> als = ImplicitALS(8, random_state=0).fit(data)
    >>> lists = als.recommend([0, 1], n=5)  # a data frame if pandas is installed
    >>> [int(user) for user in lists["user"]]
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    """

    _tensors: ClassVar[dict[str, str]] = {
        **FactorRecommender._tensors,
        "objectives_": "t",
        "user_feature_weights_": "?gk",
        "item_feature_weights_": "?fk",
    }

    _facts: ClassVar[dict[str, tuple[type, ...]]] = {"regularization_": (float,)}

    regularization_: float
    objectives_: NDArray[np.float64]
    user_feature_weights_: Array | None
    item_feature_weights_: Array | None

    def __init__(
        self,
        n_factors: int = 64,
        *,
        alpha: float = 1.0,
        unobserved_weight: float = 0.1,
        regularization: float | Literal["auto"] = "auto",
        frequency_exponent: float = 1.0,
        loss: LossName = "rendle",
        n_iter: int = 15,
        solver: SolverName = "auto",
        random_state: Any = None,
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_factors = n_factors
        self.alpha = alpha
        self.unobserved_weight = unobserved_weight
        self.regularization = regularization
        self.frequency_exponent = frequency_exponent
        self.loss = loss
        self.n_iter = n_iter
        self.solver = solver
        self.random_state = random_state
        self.n_threads = n_threads
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        y: object = None,
        *,
        user_features: Any = None,
        item_features: Any = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : Interactions or sparse matrix of shape (n_users, n_items)
            The ids of a matrix are its row and column numbers.
        y : ignored
        user_features : array or sparse matrix of shape (n_users, n_user_features)
        item_features : array or sparse matrix of shape (n_items, n_item_features)
            Optional, in the order of the users and items of X. The rows of a data frame
            whose index is not 0, 1, 2, … are found by the ids in it. With features the
            penalty of an item is λ_i ‖y_i − Wᵀf_i‖²: its factors are drawn to what its
            features predict. W is learnt too, from the items with events and with the
            penalty λ̄ ‖W‖², where λ̄ is the mean of their λ_i. An item without events is
            in no term of the loss and has the factors Wᵀf_i. The same holds for users.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If an argument is out of its range, X has negative entries or entries that
            are not finite, or values are too large for the type of X.
        MemoryError
            If features do not fit into memory; sparse ones need 48·n_features·n_factors
            bytes, and no array of n_features² where there are more than 2,048.
        """
        data = self._checked(X)
        features = {}
        for name, given, ids in (
            ("user_features", user_features, data.users),
            ("item_features", item_features, data.items),
        ):
            if given is not None:
                regularization = check_regularization(self.regularization)
                check_real(regularization, f"regularization with {name}", above=0)
            features[name] = None if given is None else Features.of(given, ids, name)
        return self._fit_to(data, **features)

    def transform(self, X: Any, user_features: Any = None) -> Any:
        """Return the factors of users from their events; nothing is trained again.

        Parameters
        ----------
        X : Interactions, sparse matrix, row source or Dask array
            Of shape (n_users, n_items), with the items of the fit, as for
            ``recommend``.
        user_features : array or sparse matrix of shape (n_users, n_user_features)
            Optional, if the model was fitted with features of users. A user without
            events has the factors that they predict.

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
        if user_features is None:
            return self._transform(X)
        return self._transform(
            X,
            lambda ids: predicted_prior(user_features, ids, self.user_feature_weights_),
        )

    def recommend(
        self,
        users: Any = None,
        n: int = 10,
        *,
        exclude_seen: bool = True,
        items: Any = None,
        filter_items: Any = None,
        cold: str = "popular",
        user_features: Any = None,
    ) -> Any:
        """Return the items with the highest scores for each user.

        Parameters
        ----------
        users, n, exclude_seen, items, filter_items, cold
            As of ``Recommender.recommend``: users of the fit by their ids, or new users
            by their events.
        user_features : array or sparse matrix of shape (n_users, n_user_features)
            Optional, of new users, if the model was fitted with features of users.
            Without ``users`` these are new users of whom only the features are known:
            their ids are the index of a data frame, or row numbers.

        Returns
        -------
        pandas.DataFrame
            As of ``Recommender.recommend``. A user without events gets the popular
            items if no features are known either.

        Raises
        ------
        TypeError, ValueError
            As of ``Recommender.recommend``, or if ``user_features`` are given for users
            of the fit or are not those of the fit.
        """
        check_is_fitted(self, "interactions_")
        prior = None
        if user_features is None:
            asked, ids = asked_users(users, self.interactions_)
        else:
            asked, ids = described_users(users, user_features, self.interactions_)
            prior = predicted_prior(user_features, ids, self.user_feature_weights_)
            if isinstance(asked, UserEvents):
                asked = asked._replace(prior=prior)
        return list_table(
            self,
            asked,
            ids,
            n,
            exclude_seen=exclude_seen,
            items=items,
            filter_items=filter_items,
            cold=cold,
            prior=prior,
        )

    def explain(self, user: Any, item: Any, n: int = 10) -> Any:
        """Return how much each seen item adds to the score of an item for a user.

        Parameters
        ----------
        user, item : id
        n : int, default=10
            At most so many seen items, those with the largest contributions first.

        Returns
        -------
        pandas.DataFrame
            Or a dict of arrays, if pandas is not installed. The columns are ``item``
            (seen) and ``contribution``. All contributions of a user sum to the score;
            if the model has features of users, to the score less what these add.

        Raises
        ------
        ValueError
            If the user or the item is not known, or the user has no events.

        Notes
        -----
        x_u = H⁻¹ Σ_j t_j y_j over the seen items j, so s_ui = Σ_j (y_iᵀH⁻¹y_j) t_j (Hu
        et al. 2008, section 5). Factors by conjugate gradients satisfy this nearly.
        """
        check_is_fitted(self, "interactions_")
        count = check_count(n, "n", least=1)
        known = self.interactions_
        row, column = known.rows_of([user])[0], known.columns_of([item])[0]
        seen = known.matrix[[row]].tocsr()
        if seen.nnz == 0:
            raise ValueError(f"user {user!r} has no events: nothing explains its list")
        contributions = self._options().contributions(
            seen, self.item_factors_, self.item_counts_ > 0, column
        )
        order = np.argsort(-contributions, kind="stable")[:count]
        return as_frame(
            {
                "item": known.items[seen.indices[order]],
                "contribution": contributions[order],
            }
        )

    def _fit(
        self,
        data: Interactions,
        n_threads: int,
        user_features: Features | None = None,
        item_features: Features | None = None,
    ) -> dict[str, Any]:
        return implicit_fit.fit(
            data,
            Options.of(self),
            draw_seed(self.random_state),
            choose_regularization=self.regularization == AUTO,
            user_features=user_features,
            item_features=item_features,
            n_threads=n_threads,
        )

    def _options(self) -> Options:
        return Options.of(self, self.regularization_)

    def _prior_of(self, user_features: Any, ids: Array) -> Array | None:
        if self.user_feature_weights_ is None:
            return None
        return predicted_prior(user_features, ids, self.user_feature_weights_)

    def _fold_in(
        self, matrix: Any, n_threads: int, prior: Array | None = None
    ) -> Array:
        return implicit_fit.fold_in(
            matrix,
            self.item_factors_,
            self.item_counts_,
            self._options(),
            prior=prior,
            n_threads=n_threads,
        )

    def _new_factors(self, users: UserEvents, n_threads: int) -> Array:
        return self._fold_in(users.matrix, n_threads, users.prior)

    def _is_cold(self, users: UserEvents) -> NDArray[np.bool_]:
        cold = super()._is_cold(users)
        known = users.prior if users.rows is None else None
        if users.rows is not None and self.user_feature_weights_ is not None:
            known = self.user_factors_[users.rows]
        return cold if known is None else cold & ~known.any(axis=1)
