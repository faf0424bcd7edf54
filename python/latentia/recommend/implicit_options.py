"""The parameters of an implicit ALS, and what its loss makes of a matrix."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._arguments import check_choice, check_count, check_real
from latentia._native import kernels
from latentia.recommend.als import Solver, check_verbose, gram
from latentia.recommend.ids import Array
from latentia.rows import Csr

LossName = Literal["rendle", "hu"]


AUTO = "auto"

_OF_NOISE = 0.75
"""The singular value that "auto" sets to zero, over the largest of noise.

What is best for held-out events lies at 0.5 to 1.3, above for numbers of events with
heavy tails: MovieLens 100K and 20M, the Million Song Dataset, made events; seen pairs
of 2 to 50 times the weight of others.
"""


_OF_BLOCK = 0.5
"""The same, at most, over that of users who have all the same items."""

_LARGEST_RATIO = 1000
"""Weight of an event over α₀, above which three steps do little for an iteration."""


def check_regularization(value: float | str) -> float:
    """Return λ, 1 for "auto", or raise."""
    if isinstance(value, str):
        check_choice(value, "regularization", (AUTO,))
        return 1.0
    return check_real(value, "regularization", least=0)


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
    choose_solver: bool
    verbose: int

    @classmethod
    def of(cls, model: Any, regularization: float | None = None) -> Options:
        """Return the parameters of an ``ImplicitALS``, or raise naming a wrong one.

        ``regularization`` is that of the fit. Without it "auto" is 1, see
        ``regularization_for``.
        """
        own = check_regularization(model.regularization)
        unobserved = check_real(model.unobserved_weight, "unobserved_weight", least=0)
        loss = check_choice(model.loss, "loss", get_args(LossName))
        return cls(
            n_factors=check_count(model.n_factors, "n_factors", least=1),
            alpha=check_real(model.alpha, "alpha", above=0),
            unobserved_weight=unobserved,
            regularization=(
                own
                if regularization is None
                else check_real(regularization, "regularization_", least=0)
            ),
            frequency_exponent=check_real(
                model.frequency_exponent, "frequency_exponent", least=0, most=1
            ),
            extra=unobserved if loss == "hu" else 0.0,
            n_iter=check_count(model.n_iter, "n_iter", least=1),
            solver=Solver.of(model.solver),
            choose_solver=model.solver == "auto",
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

    def solver_for(self, confidences: Any) -> Solver:
        """Return conjugate gradients, or blocks where their few steps do too little."""
        largest = float(confidences.data.max(initial=0)) + self.extra
        if 0 < self.unobserved_weight < largest / _LARGEST_RATIO:
            return Solver.of("subspace")
        return self.solver

    def regularization_for(self, confidences: Any) -> float:
        """Return the λ at which factors vanish that are weaker than noise.

        The penalty of both sides is 2λ√(r_u r_i)·‖UVᵀ‖_* where their ridges are λ·r_u
        and λ·r_i: singular values of the gradient up to λ√(r_u r_i) leave nothing
        (Srebro, Rennie and Jaakkola, NIPS 2004; Cai, Candès and Shen, 2010). If events
        follow the popularity of users and items alone, a score is best at q / (1 + q),
        where q is the expected weight of the pair over α₀, and an event of the weight w
        leaves the gradient w / (1 + q). At random places, the largest singular value of
        these is g·(√a + √b), where g² is the mean of their squares and a, b are the
        mean numbers of events of users and items. If users have the same a items, and
        these the same b users, it is g·√(a·b): of very few events that is less.
        """
        n_users, n_items = confidences.shape
        columns, by_user = confidences.indices, np.diff(confidences.indptr)
        by_item = np.bincount(columns, minlength=n_items)
        counts = by_user[by_user > 0], by_item[by_item > 0]
        rows = np.repeat(np.arange(n_users), by_user)
        gradient = confidences.data.astype(np.float64) + self.extra
        largest = gradient.max(initial=0)
        if largest == 0:
            return 1.0  # whatever it is, all factors are zero
        gradient /= largest
        q_unit = self.unobserved_weight / largest
        if q_unit:
            of_user = np.bincount(rows, gradient, n_users)
            of_item = np.bincount(columns, gradient, n_items)
            expected = of_user[rows] / gradient.sum() * of_item[columns]
            with np.errstate(over="ignore"):
                gradient /= 1 + expected / q_unit
        unit = gradient.max() or 1.0  # squares may be out of range
        # No BLAS, whose bits depend on its number of threads
        size = largest * unit * np.sqrt(np.square(gradient / unit).mean())
        by_row = [np.sqrt(len(columns) / len(one)) for one in counts]
        noise = size * min(sum(by_row), _OF_BLOCK / _OF_NOISE * np.prod(by_row))
        per_one = self._replace(regularization=1.0)
        for one, others in zip(counts, (n_items, n_users), strict=True):
            noise /= np.sqrt(per_one.ridge(one, others).mean())
        if not 0 < noise < np.inf:
            raise ValueError(
                f"regularization must be a number, as {AUTO!r} finds none for these "
                "values of X and this unobserved_weight"
            )
        return float(_OF_NOISE * noise)

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

    def contributions(
        self, seen: Any, item_factors: Array, with_events: NDArray[np.bool_], item: int
    ) -> NDArray[np.float64]:
        """Return how much each seen item of a user adds to the score of an item.

        ``seen`` is the row of the user (1 × n_items). With H x = Σ_j t_j y_j over the
        seen items j, the score is yᵀx = Σ_j (yᵀH⁻¹y_j) t_j.
        """
        weights = self.alpha * seen.data.astype(np.float64)
        V = item_factors.astype(np.float64)
        Y = V[seen.indices]
        others = V[with_events]
        H = self.unobserved_weight * (others.T @ others) + (Y.T * weights) @ Y
        H[np.diag_indices(len(H))] += self.ridge(np.array([seen.nnz]), len(V))[0]
        found: NDArray[np.float64] = Y @ np.linalg.solve(H, V[item])
        found *= weights + self.extra
        return found
