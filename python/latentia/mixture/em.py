"""Expectation maximisation: repeat one pass over the rows and the M-step.

References
----------
A. Dempster, N. Laird and D. Rubin, "Maximum likelihood from incomplete data via the EM
algorithm", Journal of the Royal Statistical Society B 39 (1977).
O. Cappé and E. Moulines, "On-line expectation-maximization algorithm for latent data
models", Journal of the Royal Statistical Society B 71 (2009).
P. Liang and D. Klein, "Online EM for unsupervised models", NAACL 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from latentia._interrupt import FitInterruptedWarning, keeps_what_is_found
from latentia._progress import Report, progress
from latentia._warnings import warn_caller
from latentia.mixture.arguments import Settings
from latentia.mixture.parameters import (
    DEAD_WEIGHT,
    CollapsedCovarianceError,
    Held,
    Parameters,
    Sums,
    maximise,
    sums_of,
)
from latentia.mixture.passes import em_pass
from latentia.rows import RowSource, RowState

Array = NDArray[Any]

STEP_EXPONENT = 0.6
"""Of the steps of stepwise EM: Cappé and Moulines' choice, and best of ½ … 1 on
Fashion-MNIST's components in batches of 1000 and 5000."""


@dataclass(frozen=True)
class Run:
    """One run of EM from one start.

    Attributes
    ----------
    parameters : Parameters
        After the last M-step.
    lower_bounds : list of float
        Mean log-likelihood per row before each M-step.
    converged, interrupted : bool
    """

    parameters: Parameters
    lower_bounds: list[float]
    converged: bool
    interrupted: bool = False

    def warn(self, settings: Settings) -> None:
        """Warn if the run did not end by itself."""
        if self.interrupted:
            warn_caller(
                f"the fit was interrupted after {len(self.lower_bounds)} iterations",
                FitInterruptedWarning,
            )
        elif not self.converged and settings.max_iter > 0:
            warn_caller(
                f"the best of the starts did not converge to tol={settings.tol} in "
                f"max_iter={settings.max_iter} iterations: raise max_iter or tol, or "
                "try other init_params",
                ConvergenceWarning,
            )

    @property
    def likelihood(self) -> float:
        """The last of the lower bounds."""
        return self.lower_bounds[-1] if self.lower_bounds else -np.inf


def best_run(
    rows: RowSource,
    weight: RowState | None,
    starts: Iterable[Callable[[], Parameters]],
    settings: Settings,
    *,
    origin: Array,
    before: float,
    verbose: int,
    n_threads: int,
) -> Run:
    """Return the likeliest of the runs from all starts, or from those before Ctrl-C.

    A start whose covariances collapse is left out, unless all do.
    """
    best: Run | None = None
    collapsed: list[CollapsedCovarianceError] = []
    with progress(
        verbose,
        total=settings.max_iter,
        interval=settings.verbose_interval,
        measure="log-likelihood",
    ) as begin:
        for number, search in enumerate(starts):
            try:
                run = expectation_maximisation(
                    rows,
                    weight,
                    search(),
                    settings,
                    origin=origin,
                    before=before,
                    n_threads=n_threads,
                    report=begin(f"EM {number + 1}/{settings.n_init}"),
                )
            except CollapsedCovarianceError as error:
                collapsed.append(error)
                continue
            except KeyboardInterrupt:
                if best is None or not keeps_what_is_found():
                    raise
                return replace(best, interrupted=True)
            if best is None or run.likelihood > best.likelihood:
                best = run
            if run.interrupted:
                return replace(best, interrupted=True)
    if best is None:
        raise collapsed[-1]
    return best


def expectation_maximisation(
    rows: RowSource,
    weight: RowState | None,
    start: Parameters,
    settings: Settings,
    *,
    before: float,
    origin: Array,
    n_threads: int,
    report: Report,
) -> Run:
    """Iterate until the mean log-likelihood changes by less than ``settings.tol``.

    ``before`` is the log-likelihood that the first iteration is compared with, and
    ``origin`` (d) the mean of the rows. Ctrl-C ends the run with what the last whole
    iteration found.
    """
    parameters, lower_bounds = start, list[float]()
    try:
        for iteration in range(1, settings.max_iter + 1):
            parameters, lower_bound = step(
                rows, weight, parameters, origin, settings, n_threads
            )
            lower_bounds.append(lower_bound)
            report(iteration, lower_bound)
            if abs(lower_bound - before) < settings.tol:
                return Run(parameters, lower_bounds, converged=True)
            before = lower_bound
    except KeyboardInterrupt:
        if not (lower_bounds and keeps_what_is_found()):
            raise
        return Run(parameters, lower_bounds, converged=False, interrupted=True)
    return Run(parameters, lower_bounds, converged=False)


def step(
    rows: RowSource,
    weight: RowState | None,
    parameters: Parameters,
    origin: Array,
    settings: Settings,
    n_threads: int,
) -> tuple[Parameters, float]:
    """Return the parameters after one iteration, and what they began with is worth."""
    sums, points = em_pass(rows, weight, parameters, origin, n_threads)
    lower_bound = sums.gain / float(sums.weight.sum())
    sums, rest, points = _with_the_dead(sums, points, parameters)
    held = Held.of(parameters, settings.fixed)
    reg_covar = settings.reg_covar
    found = maximise(parameters.type, sums, points, reg_covar, rest, held)
    return found, lower_bound


def _with_the_dead(
    sums: Sums, points: Array, parameters: Parameters
) -> tuple[Sums, Sums, Array]:
    """Return the sums, a trace of each component's former self, and their points.

    A component that no row belongs to stays what it was.
    """
    dead = sums.weight < DEAD_WEIGHT
    alive = np.where(dead, 0.0, 1.0)
    second = sums.second
    if parameters.type.name != "tied":
        second = second * alive.reshape(-1, *[1] * (second.ndim - 1))
    sums = Sums(
        sums.gain, sums.weight * alive, sums.first * alive[:, np.newaxis], second
    )
    # About its own mean, however far it is from what it was rounded to.
    points = np.where(dead[:, np.newaxis], parameters.means, points)
    rest = sums_of(parameters, np.full(len(points), DEAD_WEIGHT), points)
    return sums, rest, points


def stepwise(
    rows: RowSource,
    weight: RowState | None,
    parameters: Parameters,
    n_batches: int,
    *,
    origin: Array,
    settings: Settings,
    n_threads: int,
) -> tuple[Parameters, float]:
    """Return the parameters after one more batch, and its mean log-likelihood before.

    The sums of all batches so far, a row's worth of the mixture, give way to those of
    this one by a step η = (n_batches + 2)^−0.6:  s ← (1 − η)·s + η·ŝ.
    """
    eta = (n_batches + 2.0) ** -STEP_EXPONENT
    batch, points = em_pass(rows, weight, parameters, origin, n_threads)
    total = float(batch.weight.sum())
    sums, rest, points = _with_the_dead(batch.times(eta / total), points, parameters)
    past = rest + sums_of(parameters, (1 - eta) * parameters.weights, points)
    held = Held.of(parameters, settings.fixed)
    reg_covar = settings.reg_covar
    found = maximise(parameters.type, sums, points, reg_covar, past, held)
    return found, batch.gain / total
