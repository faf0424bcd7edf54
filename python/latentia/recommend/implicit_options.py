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
        ``automatic_regularization``.
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
