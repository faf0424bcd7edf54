"""What a fit does, in order: check the arguments, find a start, run EM.

The results are returned, not written to the mixture: a fit that fails leaves it as it
was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from latentia._arguments import as_random, draw_seed
from latentia._blas import serial_blas
from latentia._features import note_features
from latentia._threads import n_threads as resolve_n_threads
from latentia.mixture.em import EMResult, best_of_starts, stepwise_iteration
from latentia.mixture.fitted_attributes import (
    has_parameters,
    read_parameters,
    was_changed,
)
from latentia.mixture.init import starts
from latentia.mixture.init_responsibilities import given_responsibilities
from latentia.mixture.input_checks import (
    check_enough_rows,
    check_n_features,
    check_sample_weight,
    prepare_rows,
)
from latentia.mixture.options import (
    GIVEN,
    MixtureOptions,
    check_continues,
    check_options,
)
from latentia.mixture.parameters import CollapsedCovarianceError, Parameters
from latentia.mixture.statistics import FitData, fit_data
from latentia.mixture.working_dtype import (
    FLOAT64,
    LARGEST_FLOAT32,
    as_float64,
    check_float64,
    is_sufficient,
    max_abs,
)
from latentia.rows import RowSource, RowState, Summary


class Fit(NamedTuple):
    """The result of ``fit_rows``, and the checked arguments it was found with."""

    result: EMResult
    options: MixtureOptions
    rows: RowSource
    summary: Summary


def fit_rows(mixture: Any, X: Any, sample_weight: Any) -> Fit:
    """Return the parameters fitted to all rows; the mixture keeps its own."""
    threads = resolve_n_threads(mixture.n_threads)
    rows, summary = prepare_rows(X, n_threads=threads)
    options = check_options(mixture, rows.shape[1])
    known, previous_bound = _last_fit(mixture, X, rows, options)
    weight = check_sample_weight(sample_weight, rows)
    check_enough_rows(rows, weight, options.n_components)
    given, n_init = None, options.n_init
    if options.init_params == GIVEN and known is None:
        k, n = options.n_components, rows.shape[0]
        given = partial(given_responsibilities, mixture.init_params, X, n, k)
        n_init = n_init if callable(mixture.init_params) else 1
    random = as_random(mixture.random_state)
    seeds = [] if known else [draw_seed(random) for _ in range(n_init)]

    def run(data: FitData) -> EMResult:
        return best_of_starts(
            data,
            [lambda: known] if known else starts(data, options, seeds, given),
            options,
            previous_bound=previous_bound,
            verbose=mixture.verbose,
        )

    result = _in_sufficient_dtype(run, rows, weight, summary, threads)
    return Fit(result, options, rows, summary)


def _last_fit(
    mixture: Any, X: Any, rows: RowSource, options: MixtureOptions
) -> tuple[Parameters | None, float]:
    """Return the parameters of a warm start, or None, and their lower bound."""
    if not (mixture.warm_start and has_parameters(mixture)):
        return None, -np.inf
    bound = -np.inf if was_changed(mixture) else mixture.lower_bound_
    known = read_parameters(mixture)
    note_features(mixture, X, reset=False)
    check_n_features(rows, known.means.shape[1])
    check_continues(known, options)
    return known, bound


def fit_batch(mixture: Any, X: Any, sample_weight: Any) -> EMResult:
    """Return the parameters after one more batch; the mixture keeps its own."""
    threads = resolve_n_threads(mixture.n_threads)
    known = read_parameters(mixture)
    options = check_options(mixture, known.means.shape[1])
    check_continues(known, options)
    rows, summary = prepare_rows(X, n_threads=threads)
    note_features(mixture, X, reset=False)
    check_n_features(rows, known.means.shape[1])
    weight = check_sample_weight(sample_weight, rows)

    def run(data: FitData) -> EMResult:
        found, bound = stepwise_iteration(data, known, options, mixture.n_batches_seen_)
        return EMResult(found, [bound], converged=False)

    return _in_sufficient_dtype(run, rows, weight, summary, threads)


def _in_sufficient_dtype(
    run: Callable[[FitData], EMResult],
    rows: RowSource,
    weight: RowState | None,
    summary: Summary,
    n_threads: int,
) -> EMResult:
    """Return the fit to the rows in their own type, or in float64 where that is needed.

    ``weight`` are their sample weights, in the same type.
    """
    with serial_blas():
        if rows.dtype != FLOAT64:
            if max_abs(summary) <= LARGEST_FLOAT32:
                data = fit_data(rows, weight, summary.mean, n_threads)
                try:
                    found = run(data)
                except CollapsedCovarianceError:
                    pass  # rounding to float32 alone can do this
                else:
                    if found.interrupted or is_sufficient(
                        found.parameters, data.origin, rows.dtype
                    ):
                        return found
            rows, weight = as_float64(rows, weight)
        data = fit_data(rows, weight, summary.mean, n_threads)
        found = run(data)
        check_float64(found.parameters, data.origin)
        return found
