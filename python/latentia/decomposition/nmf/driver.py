"""The search for the factors: iterate until the error stands still.

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
from latentia._progress import Report, progress
from latentia._warnings import warn_caller
from latentia.decomposition.nmf.arguments import Settings
from latentia.decomposition.nmf.data import Data
from latentia.decomposition.nmf.engines import (
    Engine,
    Statistics,
    additive_engine,
    engine,
)
from latentia.decomposition.nmf.factor import clear_columns, totals
from latentia.decomposition.nmf.start import encoding_start, start
from latentia.rows import RowState

Array = NDArray[Any]

STEP_EXPONENT = 0.6
"""Of the steps of batches, as for mixtures."""

CHECK = 10
"""Iterations between two looks at whether the error still falls."""


def stands_still(solver: str, errors: list[float], tol: float) -> bool:
    """Return whether ten iterations gained too little to go on.

    For multiplicative updates scikit-learn's rule: less than tol of the first error.
    HALS moves on more slowly, and further: less than a tenth of tol of the error. An
    error here is that of the divergence and the penalties together.
    """
    iteration = len(errors) - 1
    if tol == 0 or iteration == 0 or iteration % CHECK:
        return False
    gained = errors[-1 - CHECK] - errors[-1]
    return gained <= tol * (errors[0] if solver == "mu" else errors[-1] / 10)


@dataclass(frozen=True)
class Course:
    """How a search went.

    Attributes
    ----------
    errors : list of float
        √(2·divergence) of the start and after each iteration.
    converged, interrupted : bool
    """

    errors: list[float]
    converged: bool
    interrupted: bool = False

    def warn(self, settings: Settings) -> None:
        """Warn if the search did not end by itself."""
        if self.interrupted:
            warn_caller(
                f"interrupted after {len(self.errors) - 1} iterations",
                FitInterruptedWarning,
            )
        elif not self.converged and settings.tol > 0:
            warn_caller(
                f"Maximum number of iterations {settings.max_iter} reached before the "
                f"error stood still to tol={settings.tol:g}: raise max_iter or tol",
                ConvergenceWarning,
            )


def factorise(
    data: Data,
    settings: Settings,
    given: tuple[Array | None, Array | None],
    *,
    verbose: int,
    n_threads: int,
) -> tuple[Engine, Course]:
    """Return an engine with the W and Ht that were found, and how."""
    if settings.fixed is not None and settings.n_fixed == settings.n_components:
        return encode(
            data, settings, settings.fixed, verbose=verbose, n_threads=n_threads
        )
    with serial_blas():
        W, Ht = start(data, settings, *given, n_threads)
        _clear_unknown(data, settings, W)
        work = engine(data, settings, W, Ht, n_threads)
        course = _search("NMF", work, work.step, settings, verbose)
        _drop_what_serves_nothing(work, settings)
        return work, course


def _clear_unknown(data: Data, settings: Settings, W: RowState) -> None:
    """Set rows that know nothing to zero: they are no evidence for the mean row."""
    if settings.w_penalty.to_mean and data.n_known_rows < W.shape[0]:
        data.fill_unknown(W, np.zeros(W.shape[1]))


def _drop_what_serves_nothing(work: Engine, settings: Settings) -> None:
    """Set to zero what only costs: columns whose other factor has become zero."""
    if settings.w_penalty.l1 + settings.h_penalty.l1 > 0:
        gone = (totals(work.W).sum == 0) | ~work.Ht.any(axis=0)
        clear_columns(work.W, gone)
        gone[: settings.n_fixed] = False
        work.Ht[:, gone] = 0


def encode(
    data: Data, settings: Settings, H: Array, *, verbose: int, n_threads: int
) -> tuple[Engine, Course]:
    """Return an engine whose W is the best for H as it is, or nearly, and how."""
    with serial_blas():
        W, Ht = encoding_start(data, H, settings.solver)
        _clear_unknown(data, settings, W)
        work = engine(data, settings, W, Ht, n_threads)
        work.hold()
        return work, _search("NMF transform", work, work.encode, settings, verbose)


def add_batch(
    data: Data,
    settings: Settings,
    encoded: Engine,
    past: Statistics | None,
    n_batches: int,
    *,
    n_threads: int,
) -> tuple[Engine, Statistics]:
    """Return an engine with H after one more batch, and what H is made from now."""
    eta = (n_batches + 2.0) ** -STEP_EXPONENT
    if data.known_only and settings.h_penalty.of_all:
        # The price of a column is one for all rows, of which a batch is a part.
        share = replace(settings.h_penalty, l2=eta * settings.h_penalty.l2)
        settings = replace(settings, h_penalty=share)
    with serial_blas():
        work = additive_engine(data, settings, encoded.W, encoded.Ht, n_threads)
        work.hold()
        return work, work.blend(past, eta)


def _search(
    name: str,
    work: Engine,
    iterate: Callable[[], float],
    settings: Settings,
    verbose: int,
) -> Course:
    """Iterate until ``stands_still`` says so, behind a bar if that is wanted."""
    with progress(
        verbose, total=settings.max_iter, interval=CHECK, measure="error"
    ) as begin:
        return search(
            work,
            iterate,
            solver=settings.solver,
            tol=settings.tol,
            max_iter=settings.max_iter,
            report=begin(name),
        )


def search(
    work: Engine,
    iterate: Callable[[], float],
    *,
    solver: str,
    tol: float,
    max_iter: int,
    report: Report,
) -> Course:
    """Iterate until ``stands_still`` says so.

    ``iterate`` improves the engine's factors and returns the divergence before, so
    that an error is known one iteration late. Ctrl-C ends the search with the factors
    as they are.
    """
    errors, with_cost = list[float](), list[float]()

    def record(divergence: float, cost: float) -> None:
        if not np.isfinite(divergence):
            raise ValueError(
                f"the divergence became {divergence}: X or the penalties are too large "
                "or too small for their type; scale X to about 1"
            )
        errors.append(error_of(divergence))
        with_cost.append(error_of(divergence + cost))

    try:
        for iteration in range(max_iter):
            cost = work.cost()
            record(iterate(), cost)
            report(iteration + 1, errors[-1])
            if stands_still(solver, with_cost, tol):
                return Course([*errors, error_of(work.value())], converged=True)
    except KeyboardInterrupt:
        if not (errors and keeps_what_is_found()):
            raise
        work.forget()
        return Course([*errors, error_of(work.value())], False, interrupted=True)
    record(work.value(), work.cost())
    return Course(errors, converged=stands_still(solver, with_cost, tol))


def error_of(divergence: float) -> float:
    """Return √(2·divergence): for the Frobenius loss the norm of A − W·H."""
    return float(np.sqrt(2 * max(divergence, 0.0)))
