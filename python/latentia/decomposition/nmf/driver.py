"""The iterations of a fit, until the objective has converged.

References
----------
D. Lee and H. S. Seung, "Algorithms for non-negative matrix factorization", NIPS 2000.
N. Gillis and F. Glineur, "Accelerated multiplicative updates and hierarchical ALS
algorithms for nonnegative matrix factorization", Neural Computation 24 (2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from latentia._blas import serial_blas
from latentia._interrupt import FitInterruptedWarning, keeps_what_is_found
from latentia._progress import progress
from latentia._warnings import warn_caller
from latentia.decomposition.nmf.factors import clear_columns, fill_unobserved, totals
from latentia.decomposition.nmf.init import initial_factors, initial_W
from latentia.decomposition.nmf.options import NMFOptions
from latentia.decomposition.nmf.scan import ScannedData
from latentia.decomposition.nmf.solvers import (
    AdditiveSolver,
    DivergenceSolver,
    FrobeniusSolver,
    ObservedHALSSolver,
    Solver,
    Statistics,
)
from latentia.rows import RowState

Array = NDArray[Any]

STEP_EXPONENT = 0.6
"""Batch t of ``partial_fit`` has the step (t + 1)^−0.6, as for mixtures: above ½ the
steps' noise averages out, below 1 the first batches are forgotten."""

CHECK_EVERY = 10
"""Iterations between two checks of convergence."""


@dataclass(frozen=True)
class SolveResult:
    """The factors that were found, and how.

    Attributes
    ----------
    W : RowState (m × k)
    Ht : ndarray of shape (n, k)
        Like W in the unit of the scanned data.
    errors : list of float
        √(2·divergence) of the initial factors and after each iteration.
    converged : bool
    warning : (text, category), optional
        For the user, if the iterations did not converge.
    statistics : Statistics, optional
        What H was last updated from, if further batches can be added to it.
    """

    W: RowState
    Ht: Array
    errors: list[float]
    converged: bool
    warning: tuple[str, type[Warning]] | None = None
    statistics: Statistics | None = None

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the iterations."""
        return self.warning is not None and self.warning[1] is FitInterruptedWarning


def factorise(
    data: ScannedData,
    options: NMFOptions,
    W: Any,
    H: Any,
    *,
    verbose: int,
    n_threads: int,
) -> SolveResult:
    """Return factors of the data; W and H are initial ones, or None."""
    if options.fixed is not None and options.n_fixed == options.n_components:
        if W is not None or H is not None:
            warn_caller(
                "W and H are not used if all components are fixed", RuntimeWarning
            )
        return solve_W(
            data, options, options.fixed, verbose=verbose, n_threads=n_threads
        )
    with serial_blas():
        first_W, Ht = initial_factors(data, options, W, H, n_threads)
        _clear_unobserved(data, options, first_W)
        make = _solver_class(data, options)
        solver = make(data, options, first_W, Ht, n_threads)
        result = search(solver, solver.step, options, name="NMF", verbose=verbose)
        _clear_unused_components(solver, options)
        if isinstance(solver, AdditiveSolver) and data.unit == 1.0:
            result = replace(result, statistics=solver.statistics())
        return result


def solve_W(
    data: ScannedData,
    options: NMFOptions,
    H: Array,
    *,
    verbose: int,
    n_threads: int,
) -> SolveResult:
    """Return the W that minimises the objective, to the tolerance, for H as it is."""
    with serial_blas():
        W = initial_W(data, len(H), options.solver)
        Ht = np.array(H.T * np.sqrt(data.unit), dtype=data.rows.dtype, order="C")
        _clear_unobserved(data, options, W)
        solver = _solver_class(data, options)(data, options, W, Ht, n_threads)
        solver.fix_H()
        return search(
            solver, solver.solve_W, options, name="NMF transform", verbose=verbose
        )


def add_batch(
    data: ScannedData,
    options: NMFOptions,
    solved: SolveResult,
    past: Statistics | None,
    n_batches: int,
    *,
    n_threads: int,
) -> SolveResult:
    """Return H after one more batch of rows, whose W was ``solved``."""
    eta = (n_batches + 2.0) ** -STEP_EXPONENT
    if data.observed_only and options.h_penalty.is_auto:
        # The penalty belongs to all rows, and the batch is a part of them.
        part = replace(options.h_penalty, l2=eta * options.h_penalty.l2)
        options = replace(options, h_penalty=part)
    with serial_blas():
        make = _additive_solver_class(data, options)
        solver = make(data, options, solved.W, solved.Ht, n_threads)
        solver.fix_H()
        statistics = solver.blend(past, eta)
        errors = [error_of(solver.divergence())]
    return replace(solved, Ht=solver.Ht, errors=errors, statistics=statistics)


def search(
    solver: Solver,
    update: Callable[[], float],
    options: NMFOptions,
    *,
    name: str,
    verbose: int,
) -> SolveResult:
    """Repeat the update until the objective has converged.

    ``update`` improves the solver's factors and returns the divergence before it, so
    that an error is known one iteration late. Ctrl-C ends the search; the factors stay
    as they are.
    """
    errors, objective = list[float](), list[float]()

    def record(divergence: float, penalty: float) -> None:
        if not np.isfinite(divergence):
            raise ValueError(
                f"the divergence became {divergence}: X or the penalties are too large "
                "or too small for their type; scale X to about 1"
            )
        errors.append(error_of(divergence))
        objective.append(error_of(divergence + penalty))

    def result(
        converged: bool, warning: tuple[str, type[Warning]] | None = None
    ) -> SolveResult:
        return SolveResult(solver.W, solver.Ht, errors, converged, warning)

    with progress(
        verbose, total=options.max_iter, interval=CHECK_EVERY, measure="error"
    ) as begin:
        report = begin(name)
        try:
            for iteration in range(options.max_iter):
                penalty = solver.penalty()
                record(update(), penalty)
                report(iteration + 1, errors[-1])
                if has_converged(options.solver, objective, options.tol):
                    errors.append(error_of(solver.divergence()))
                    return result(True)
        except KeyboardInterrupt:
            if not (errors and keeps_what_is_found()):
                raise
            solver.reset_sums()
            text = f"interrupted after {len(errors)} iterations"
            errors.append(error_of(solver.divergence()))
            return result(False, (text, FitInterruptedWarning))
        record(solver.divergence(), solver.penalty())
        if has_converged(options.solver, objective, options.tol):
            return result(True)
        if options.tol == 0:
            return result(False)
        text = (
            f"Maximum number of iterations {options.max_iter} reached before "
            f"{CHECK_EVERY} iterations reduced the objective by less than "
            f"tol={options.tol:g} allows; raise max_iter or tol"
        )
        return result(False, (text, ConvergenceWarning))


def has_converged(solver: str, objective: list[float], tol: float) -> bool:
    """Return whether the last ten iterations reduced the objective by too little.

    The objective is √(2·(divergence + penalties)). "mu" has scikit-learn's rule: less
    than tol of the first value. HALS makes smaller steps, and more of them: less than a
    tenth of tol of the last value.
    """
    iteration = len(objective) - 1
    if tol == 0 or iteration == 0 or iteration % CHECK_EVERY:
        return False
    decrease = objective[-1 - CHECK_EVERY] - objective[-1]
    return decrease <= tol * (objective[0] if solver == "mu" else objective[-1] / 10)


def error_of(divergence: float) -> float:
    """Return √(2·divergence): for the Frobenius loss the norm of A − W·H."""
    return float(np.sqrt(2 * max(divergence, 0.0)))


def _solver_class(data: ScannedData, options: NMFOptions) -> type[Solver]:
    if data.observed_only and options.solver == "hals":
        return ObservedHALSSolver
    return _additive_solver_class(data, options)


def _additive_solver_class(
    data: ScannedData, options: NMFOptions
) -> type[AdditiveSolver]:
    """Return the solver whose updates of H can go batch by batch."""
    if data.observed_only or options.beta != 2.0:
        return DivergenceSolver
    return FrobeniusSolver


def _clear_unobserved(data: ScannedData, options: NMFOptions, W: RowState) -> None:
    """Set rows without an observed entry to zero: they must not count in the mean."""
    if options.w_penalty.to_mean and data.n_observed_rows < W.shape[0]:
        fill_unobserved(data, W, np.zeros(W.shape[1]))


def _clear_unused_components(solver: Solver, options: NMFOptions) -> None:
    """Clear components of which W or H is zero: the other factor is only a penalty."""
    if options.w_penalty.l1 + options.h_penalty.l1 > 0:
        unused = (totals(solver.W).sum == 0) | ~solver.Ht.any(axis=0)
        clear_columns(solver.W, unused)
        unused[: options.n_fixed] = False
        solver.Ht[:, unused] = 0
