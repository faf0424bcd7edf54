"""Expectation maximisation: a pass over the rows and an M-step, repeated.

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

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from latentia._interrupt import FitInterruptedWarning, keeps_what_is_found
from latentia._progress import Report, progress
from latentia._warnings import warn_caller
from latentia.mixture.m_step import updated_parameters
from latentia.mixture.options import MixtureOptions
from latentia.mixture.parameters import CollapsedCovarianceError, Parameters
from latentia.mixture.statistics import FitData, e_step_statistics

STEP_EXPONENT = 0.6
"""The step of batch t is (t + 1)^−0.6. Cappé and Moulines use this exponent; of ½ … 1
it was the best on components of Fashion-MNIST in batches of 1000 and 5000."""


@dataclass(frozen=True)
class EMResult:
    """The result of EM from one start.

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

    def warn(self, options: MixtureOptions) -> None:
        """Warn if Ctrl-C or ``max_iter`` ended the fit."""
        if self.interrupted:
            warn_caller(
                f"the fit was interrupted after {len(self.lower_bounds)} iterations",
                FitInterruptedWarning,
            )
        elif not self.converged and options.max_iter > 0:
            warn_caller(
                f"the best of the starts did not converge to tol={options.tol} in "
                f"max_iter={options.max_iter} iterations: raise max_iter or tol, or "
                "try other init_params",
                ConvergenceWarning,
            )

    @property
    def lower_bound(self) -> float:
        """The last of the lower bounds; −∞ if there was no iteration."""
        return self.lower_bounds[-1] if self.lower_bounds else -np.inf


def best_of_starts(
    data: FitData,
    starts: Iterable[Callable[[], Parameters]],
    options: MixtureOptions,
    *,
    previous_bound: float,
    verbose: int,
) -> EMResult:
    """Return the likeliest of the results from all starts, or from those before Ctrl-C.

    A start whose covariances collapse is left out, unless all do.
    """
    best: EMResult | None = None
    collapsed: list[CollapsedCovarianceError] = []
    with progress(
        verbose,
        total=options.max_iter,
        interval=options.verbose_interval,
        measure="log-likelihood",
    ) as begin:
        for number, start in enumerate(starts):
            try:
                result = expectation_maximisation(
                    data,
                    start(),
                    options,
                    previous_bound=previous_bound,
                    report=begin(f"EM {number + 1}/{options.n_init}"),
                )
            except CollapsedCovarianceError as error:
                collapsed.append(error)
                continue
            except KeyboardInterrupt:
                if best is None or not keeps_what_is_found():
                    raise
                return replace(best, interrupted=True)
            if best is None or result.lower_bound > best.lower_bound:
                best = result
            if result.interrupted:
                return replace(best, interrupted=True)
    if best is None:
        raise collapsed[-1]
    return best


def expectation_maximisation(
    data: FitData,
    start: Parameters,
    options: MixtureOptions,
    *,
    previous_bound: float,
    report: Report,
) -> EMResult:
    """Iterate until the mean log-likelihood changes by less than ``options.tol``.

    ``previous_bound`` is the log-likelihood that the first iteration is compared with.
    Ctrl-C ends the run with the result of the last complete iteration.
    """
    parameters, lower_bounds = start, list[float]()
    try:
        for iteration in range(1, options.max_iter + 1):
            parameters, lower_bound = em_iteration(data, parameters, options)
            lower_bounds.append(lower_bound)
            report(iteration, lower_bound)
            if abs(lower_bound - previous_bound) < options.tol:
                return EMResult(parameters, lower_bounds, converged=True)
            previous_bound = lower_bound
    except KeyboardInterrupt:
        if not (lower_bounds and keeps_what_is_found()):
            raise
        return EMResult(parameters, lower_bounds, converged=False, interrupted=True)
    return EMResult(parameters, lower_bounds, converged=False)


def em_iteration(
    data: FitData, parameters: Parameters, options: MixtureOptions
) -> tuple[Parameters, float]:
    """Return the next parameters, and the mean log-likelihood of those given."""
    statistics = e_step_statistics(data, parameters)
    lower_bound = statistics.log_likelihood / float(statistics.weight.sum())
    return updated_parameters(parameters, statistics, options), lower_bound


def stepwise_iteration(
    data: FitData, parameters: Parameters, options: MixtureOptions, n_batches: int
) -> tuple[Parameters, float]:
    """Return the parameters after one more batch, and its mean log-likelihood before.

    The statistics s of the ``n_batches`` seen so far, scaled to the weight of one row,
    move towards those of this batch: s ← (1 − η)·s + η·ŝ, η = (n_batches + 2)^−0.6.
    """
    eta = (n_batches + 2.0) ** -STEP_EXPONENT
    batch = e_step_statistics(data, parameters)
    total = float(batch.weight.sum())
    found = updated_parameters(
        parameters,
        batch.scaled(eta / total),
        options,
        past_weight=(1 - eta) * parameters.weights,
    )
    return found, batch.log_likelihood / total
