"""The parameters that EM begins with: scikit-learn's four methods, on a sample.

The search for centres reads at most ``kmeans.sample_size`` rows. One pass over all rows
then computes weights and covariances. A start therefore costs a few EM iterations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import CovarianceType
from latentia.mixture.init_responsibilities import statistics_of_responsibilities
from latentia.mixture.kmeans import (
    draw_sample,
    kmeans_plusplus,
    lloyd,
    rows_as_means,
)
from latentia.mixture.m_step import m_step
from latentia.mixture.options import MixtureOptions
from latentia.mixture.parameters import Parameters, with_precisions
from latentia.mixture.statistics import (
    FitData,
    SufficientStatistics,
    nearest_mean_statistics,
    random_statistics,
)

Array = NDArray[Any]

Responsibilities = Callable[[int], Array]
"""Seed -> responsibilities (n, K)."""

EMPTY_RATIO = 1e3
"""A component without rows begins with 1/1000 of the average weight of a component:
small compared to a component with rows, and enough for EM to move it."""


def starts(
    data: FitData,
    options: MixtureOptions,
    seeds: Iterable[int],
    responsibilities: Responsibilities | None,
) -> Iterator[Callable[[], Parameters]]:
    """Yield a function for each seed that returns ``initial_parameters``."""
    for seed in seeds:
        yield partial(initial_parameters, data, options, seed, responsibilities)


def initial_parameters(
    data: FitData,
    options: MixtureOptions,
    seed: int,
    responsibilities: Responsibilities | None = None,
) -> Parameters:
    """Return the parameters that EM begins with.

    ``weights_init``, ``means_init`` and ``precisions_init`` are used as they are;
    ``responsibilities``, if given, determine the other parameters.

    "random" draws the responsibilities of every row; the other methods look for
    centres, and each row belongs to the nearest. As in scikit-learn the means of
    "k-means++" and "random_from_data" are rows of the data. Their weights and
    covariances are those of the rows nearest to them; scikit-learn uses the K rows
    alone.
    """
    weights, means = options.weights_init, options.means_init
    precisions = options.precisions_init
    if weights is not None and means is not None and precisions is not None:
        unknown = np.empty(0)
        found = Parameters(options.covariance_type, weights, means, unknown, unknown)
        return with_precisions(found, precisions)
    if responsibilities is None:
        statistics = _searched_statistics(data, options, seed)
    else:
        statistics = _fill_empty_components(
            statistics_of_responsibilities(
                data, options.covariance_type, responsibilities(seed)
            ),
            options.covariance_type,
        )
    found = m_step(options.covariance_type, statistics, options.reg_covar)
    found = replace(
        found,
        weights=found.weights if weights is None else weights,
        means=found.means if means is None else means,
    )
    return found if precisions is None else with_precisions(found, precisions)


def _searched_statistics(
    data: FitData, options: MixtureOptions, seed: int
) -> SufficientStatistics:
    """Return the statistics that ``init_params`` leads to."""
    k, type_, method = (
        options.n_components,
        options.covariance_type,
        options.init_params,
    )
    if method == "random" and options.means_init is None:
        return random_statistics(data, type_, k, seed)
    random = np.random.default_rng(seed)
    if options.means_init is not None:
        centres = options.means_init
    else:
        sample, weight = draw_sample(data.rows, data.weight, k, random)
        if method == "random_from_data":
            probability = weight / weight.sum(dtype=np.float64)
            drawn = random.choice(len(weight), k, replace=False, p=probability)
            centres = rows_as_means(sample, drawn)
        else:
            centres = kmeans_plusplus(sample, weight, data.origin, k, random)
        if method == "kmeans":
            centres = lloyd(sample, weight, centres, data.origin, data.n_threads)
    statistics = _fill_empty_components(
        nearest_mean_statistics(data, type_, centres), type_
    )
    if method == "kmeans":
        return statistics
    # Zero first moments put the means at the reference points: the rows found above.
    return replace(statistics, first_moment=np.zeros_like(statistics.first_moment))


def _fill_empty_components(
    statistics: SufficientStatistics, type_: CovarianceType
) -> SufficientStatistics:
    """Give components without rows a small weight and the average covariance."""
    empty = statistics.weight <= 0
    if not empty.any():
        return statistics
    all_rows = statistics.weight.sum()
    small = all_rows / EMPTY_RATIO / len(empty)
    weight = np.where(empty, small, statistics.weight)
    second = statistics.second_moment
    if type_.name != "tied":
        average = second.sum(axis=0) / all_rows
        second = second.copy()
        second[empty] = weight[empty].reshape(-1, *[1] * average.ndim) * average
    return replace(statistics, weight=weight, second_moment=second)
