"""Implicit feedback: factors of confidence-weighted events."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_choice, check_count, check_real, draw_seed
from latentia._native import kernels
from latentia.recommend.als import (
    Sides,
    Solver,
    SolverName,
    alternate,
    check_factors,
    check_verbose,
    gram,
    random_factors,
    ridge_of,
)
from latentia.recommend.base import FactorRecommender
from latentia.recommend.frame import as_frame
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.recommend.item_features import ItemFeatures
from latentia.rows import Csr
from latentia.rows.to_memory import csr_block

LossName = Literal["rendle", "hu"]


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
    regularization : float, default=0.03
        λ. Lower where there are many events: 0.003 for 20 million events and 2,048
        factors; `search` finds it.
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
        "cg" takes three steps of conjugate gradients a half-iteration, "cholesky"
        solves it exactly (k³ operations a user), "subspace" block by block (iALS++).
        "auto" is "cg".
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
    objectives_ : ndarray of shape (n_iter,)
        The loss with its penalties after each iteration.
    item_feature_weights_ : ndarray of shape (n_item_features, n_factors) or None
        What each feature of an item adds to its factors, if features were given.
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
    nearly with the others.

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
    >>> data = make_interactions(200, 100, 3000, random_state=0)
    >>> als = ImplicitALS(8, random_state=0).fit(data)
    >>> lists = als.recommend(n=5)
    """

    _tensors: ClassVar[dict[str, str]] = {
        **FactorRecommender._tensors,
        "objectives_": "t",
        "item_feature_weights_": "?fk",
    }

    objectives_: NDArray[np.float64]
    item_feature_weights_: Array | None

    def __init__(
        self,
        n_factors: int = 64,
        *,
        alpha: float = 1.0,
        unobserved_weight: float = 0.1,
        regularization: float = 0.03,
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

    def fit(self, X: Any, y: object = None, *, item_features: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : Interactions or sparse matrix of shape (n_users, n_items)
            The ids of a matrix are its row and column numbers.
        y : ignored
        item_features : array or sparse matrix of shape (n_items, n_features), optional
            In the order of the items of X. The rows of a data frame whose index is not
            0, 1, 2, … are found by the ids of the items in it. With features the
            penalty of an item is λ_i ‖y_i − Wᵀf_i‖²: its factors are drawn to what its
            features predict. W is learnt too, from the items with events and with the
            penalty λ̄ ‖W‖², where λ̄ is the mean of their λ_i. An item without events is
            in no term of the loss and has the factors Wᵀf_i.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If an argument is out of its range, X has negative entries or entries that
            are not finite, or values are too large for the type of X.
        """
        data, features = self._checked(X), None
        if item_features is not None:
            check_real(
                self.regularization, "regularization with item_features", above=0
            )
            features = ItemFeatures.of(item_features, data)
        return self._fit_to(data, features=features)

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
            (seen) and ``contribution``. All contributions of a user sum to the score.

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
        options = Options.of(self)
        seen = known.matrix[[row]].tocsr()
        if seen.nnz == 0:
            raise ValueError(f"user {user!r} has no events: nothing explains its list")
        weights = options.alpha * seen.data.astype(np.float64)
        targets = weights + options.extra
        V = self.item_factors_.astype(np.float64)
        Y = V[seen.indices]
        others = V[self.item_counts_ > 0]
        H = options.unobserved_weight * (others.T @ others) + (Y.T * weights) @ Y
        ridge = options.ridge(np.array([seen.nnz]), len(V))[0]
        H[np.diag_indices(len(H))] += ridge
        contributions = (Y @ np.linalg.solve(H, V[column])) * targets
        order = np.argsort(-contributions, kind="stable")[:count]
        return as_frame(
            {
                "item": known.items[seen.indices[order]],
                "contribution": contributions[order],
            }
        )

    def _fit(
        self, data: Interactions, n_threads: int, features: ItemFeatures | None = None
    ) -> dict[str, Any]:
        options = Options.of(self)
        n_users, n_items = data.shape
        sides = Sides.of(options.confidences(data.matrix))
        user_ridge = options.ridge(np.diff(sides.by_user.indptr), n_items)
        item_ridge = options.ridge(np.diff(sides.by_item.indptr), n_users)
        seed, dtype = draw_seed(self.random_state), data.dtype
        V = random_factors(n_items, options.n_factors, dtype, seed)
        U = np.zeros((n_users, options.n_factors), dtype=dtype)
        item_counts = np.diff(sides.by_item.indptr)
        new = item_counts == 0
        if features is not None:
            item_ridge[new] = 0
            features.weigh(item_ridge)
        user_half = partial(
            options.update,
            by_row=sides.by_user,
            ridge=ridge_of(user_ridge, dtype),
            n_threads=n_threads,
        )
        item_half = partial(
            options.update,
            by_row=sides.by_item,
            ridge=ridge_of(item_ridge, dtype),
            n_threads=n_threads,
        )

        def item_gram() -> Array:
            return options.item_gram(V, item_counts, n_threads)

        weights: Array | None = None

        def iterations() -> Iterator[float]:
            nonlocal weights
            # From zero, the few steps of an iteration would find too little.
            user_half(U, V, item_gram(), solver=options.solver.from_zero())
            prior = None
            for _ in range(options.n_iter):
                G = gram(U, options.unobserved_weight, n_threads)
                if not np.isfinite(item_half(V, U, G, prior=prior)):
                    yield np.nan  # an error
                off, penalty = V, 0.0
                if features is not None:
                    weights = features.regress(V)
                    prior = features.predict(weights, dtype)
                    V[new] = prior[new]
                    off, penalty = V - prior, features.penalty(weights)
                squares = np.einsum("ik,ik->i", off, off, dtype=np.float64)
                yield (
                    user_half(U, V, item_gram()) + float(item_ridge @ squares) + penalty
                )

        objectives = alternate(
            iterations, options.n_iter, name="ImplicitALS", verbose=options.verbose
        )
        if features is not None and weights is not None:
            # Ctrl-C may have come after the update of items and before this.
            V[new] = features.predict(weights, dtype)[new]
        return {
            "user_factors_": U,
            "item_factors_": V,
            "objectives_": objectives,
            "item_feature_weights_": None if weights is None else weights.astype(dtype),
        }

    def _fold_in(self, matrix: Any, n_threads: int) -> Array:
        options, V = Options.of(self), self.item_factors_
        U = np.zeros((matrix.shape[0], V.shape[1]), dtype=V.dtype)
        objective = options.update(
            U,
            V,
            options.item_gram(V, self.item_counts_, n_threads),
            by_row=csr_block(options.confidences(matrix)),
            ridge=ridge_of(options.ridge(np.diff(matrix.indptr), len(V)), V.dtype),
            solver=Solver.for_new_rows(V.shape[1]),
            n_threads=n_threads,
        )
        return check_factors(U, objective)


class Options(NamedTuple):
    """The checked parameters of an ``ImplicitALS``."""

    n_factors: int
    alpha: float
    unobserved_weight: float
    regularization: float
    frequency_exponent: float
    extra: float
    n_iter: int
    solver: Solver
    verbose: int

    @classmethod
    def of(cls, model: ImplicitALS) -> Options:
        """Return the parameters, or raise naming the one that is wrong."""
        unobserved = check_real(model.unobserved_weight, "unobserved_weight", least=0)
        loss = check_choice(model.loss, "loss", get_args(LossName))
        return cls(
            n_factors=check_count(model.n_factors, "n_factors", least=1),
            alpha=check_real(model.alpha, "alpha", above=0),
            unobserved_weight=unobserved,
            regularization=check_real(model.regularization, "regularization", least=0),
            frequency_exponent=check_real(
                model.frequency_exponent, "frequency_exponent", least=0, most=1
            ),
            extra=unobserved if loss == "hu" else 0.0,
            n_iter=check_count(model.n_iter, "n_iter", least=1),
            solver=Solver.of(model.solver),
            verbose=check_verbose(model.verbose),
        )

    def item_gram(self, V: Array, counts: NDArray[Any], n_threads: int) -> Array:
        """Return α₀ Σ y yᵀ over the items with events."""
        with_events = V if counts.all() else V[counts > 0]
        return gram(with_events, self.unobserved_weight, n_threads)

    def update(
        self,
        F: Array,
        others: Array,
        gram_of_others: Array,
        *,
        by_row: Csr,
        ridge: Array,
        n_threads: int,
        prior: Array | None = None,
        solver: Solver | None = None,
    ) -> float:
        """Update the factors F of rows; return the loss with their penalty."""
        return kernels.als_implicit_half(
            by_row,
            F,
            others,
            gram_of_others,
            ridge,
            prior,
            self.extra,
            *(solver or self.solver),
            n_threads,
        )

    def ridge(self, counts: NDArray[Any], n_others: int) -> NDArray[np.float64]:
        """Return λ (n + α₀ n_others)^ν for rows with these numbers of events."""
        size = counts + self.unobserved_weight * n_others
        found: NDArray[np.float64] = self.regularization * size**self.frequency_exponent
        return found

    def confidences(self, matrix: Any) -> Any:
        """Return alpha · the matrix, in its type."""
        with np.errstate(over="ignore"):
            data = (self.alpha * matrix.data).astype(matrix.dtype, copy=False)
        if not np.isfinite(data).all():
            raise ValueError(
                f"alpha · the values of X must fit in {matrix.dtype.name}, got "
                f"{self.alpha:g} · {matrix.data.max():g}"
            )
        return scipy.sparse.csr_array(
            (data, matrix.indices, matrix.indptr), shape=matrix.shape
        )
