"""The search for the factors: iterate until the error stands still.

References
----------
D. Lee and H. S. Seung, "Algorithms for non-negative matrix factorization", NIPS 2000.
N. Gillis and F. Glineur, "Accelerated multiplicative updates and hierarchical ALS
algorithms for nonnegative matrix factorization", Neural Computation 24 (2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from latentia._progress import Report
from latentia.decomposition.nmf.engines import Engine

CHECK = 10
"""Iterations between two looks at whether the error still falls."""


def stands_still(solver: str, errors: list[float], tol: float) -> bool:
    """Return whether ten iterations gained too little to go on.

    For multiplicative updates scikit-learn's rule: less than tol of the first error.
    HALS moves on more slowly, and further: less than a tenth of tol of the error.
    """
    iteration = len(errors) - 1
    if tol == 0 or iteration == 0 or iteration % CHECK:
        return False
    gained = errors[-1 - CHECK] - errors[-1]
    return gained < tol * (errors[0] if solver == "mu" else errors[-1] / 10)


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


def search(
    engine: Engine,
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
    errors: list[float] = []
    try:
        for iteration in range(max_iter):
            errors.append(_error(iterate()))
            report(iteration + 1, errors[-1])
            if stands_still(solver, errors, tol):
                return Course([*errors, _error(engine.value())], converged=True)
    except KeyboardInterrupt:
        if not errors:
            raise
        return Course([*errors, _error(engine.value())], False, interrupted=True)
    errors.append(_error(engine.value()))
    return Course(errors, converged=stands_still(solver, errors, tol))


def _error(divergence: float) -> float:
    return float(np.sqrt(2 * max(divergence, 0.0)))
