"""Where EM begins: scikit-learn's four ways, on a sample of the rows.

What looks for centres reads at most ``sample_size`` rows; one pass over all rows then
gives them weights and covariances. So a start costs a few EM iterations, not more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.arguments import Settings
from latentia.mixture.covariance import COVARIANCES, CovarianceType
from latentia.mixture.parameters import (
    Parameters,
    Sums,
    maximise,
    with_precisions,
)
from latentia.mixture.passes import squared_distances, start_pass
from latentia.mixture.responsibilities import sums_of_responsibilities
from latentia.rows import MemoryRows, RowSource, RowState

Array = NDArray[Any]

Shares = Callable[[int], Array]
"""Seed -> responsibilities (n, K)."""

LLOYD_ITERATIONS = 20
LLOYD_TOL = 1e-3  # relative fall of the inertia that is worth another iteration


def starts(
    rows: RowSource,
    weight: RowState | None,
    origin: Array,
    settings: Settings,
    seeds: Iterable[int],
    shares: Shares | None,
    n_threads: int,
) -> Iterator[Callable[[], Parameters]]:
    """Yield a function for each seed that returns a start, as ``start`` does."""
    for seed in seeds:
        yield partial(start, rows, weight, origin, settings, seed, shares, n_threads)


def start(
    rows: RowSource,
    weight: RowState | None,
    origin: Array,
    settings: Settings,
    seed: int,
    shares: Shares | None,
    n_threads: int,
) -> Parameters:
    """Return the parameters that EM begins with; what the user gave is kept as it is.

    ``origin`` (d) is the mean of the rows, ``shares`` what returns the responsibilities
    to begin with, of a seed.

    "random" gives every row random shares in all components; the others look for
    centres, to the nearest of which a row belongs. As in scikit-learn the means of
    "k-means++" and "random_from_data" are rows of the data; weights and covariances
    are those of the rows nearest to them (scikit-learn's: of the K rows alone).
    """
    weights, means = settings.weights_init, settings.means_init
    precisions = settings.precisions_init
    if weights is not None and means is not None and precisions is not None:
        unknown = np.empty(0)
        found = Parameters(settings.type, weights, means, unknown, unknown)
        return with_precisions(found, precisions)
    if shares is None:
        found = _search(rows, weight, origin, settings, seed, n_threads)
    else:
        sums, points = sums_of_responsibilities(
            rows, weight, settings.type, shares(seed), origin, n_threads
        )
        sums = _with_empty_cells(sums, settings.type)
        found = maximise(settings.type, sums, points, settings.reg_covar)
    found = replace(
        found,
        weights=found.weights if weights is None else weights,
        means=found.means if means is None else means,
    )
    return found if precisions is None else with_precisions(found, precisions)


def _search(
    rows: RowSource,
    weight: RowState | None,
    origin: Array,
    settings: Settings,
    seed: int,
    n_threads: int,
) -> Parameters:
    k, type_, how = settings.n_components, settings.type, settings.init_params
    if how == "random" and settings.means_init is None:
        centres = np.repeat(origin[np.newaxis], k, axis=0)
        sums, points = start_pass(
            rows, weight, type_, centres, origin, n_threads, seed=seed
        )
        return maximise(type_, sums, points, settings.reg_covar)
    random = np.random.default_rng(seed)
    if settings.means_init is not None:
        centres = settings.means_init
    else:
        sample, sample_weight = draw(rows, weight, k, random)
        if how == "random_from_data":
            share = sample_weight / sample_weight.sum(dtype=np.float64)
            chosen = random.choice(len(share), k, replace=False, p=share)
            centres = _rows_as_means(sample, chosen)
        else:
            centres = kmeans_plusplus(sample, sample_weight, origin, k, random)
        if how == "kmeans":
            centres = lloyd(sample, sample_weight, centres, origin, n_threads)
    sums, points = start_pass(rows, weight, type_, centres, origin, n_threads)
    sums = _with_empty_cells(sums, type_)
    if how != "kmeans":  # the means stay where the search put them
        sums = replace(sums, first=np.zeros_like(sums.first))
    return maximise(type_, sums, points, settings.reg_covar)


def _with_empty_cells(sums: Sums, type_: CovarianceType) -> Sums:
    """Let a centre without rows begin with a little weight and the average scatter."""
    empty = sums.weight <= 0
    if not empty.any():
        return sums
    weight = np.where(empty, sums.weight.sum() / 1e3 / len(empty), sums.weight)
    second = sums.second
    if type_.name != "tied":
        total = second.sum(axis=0) / sums.weight.sum()
        second = second.copy()
        second[empty] = weight[empty].reshape(-1, *[1] * total.ndim) * total
    return Sums(sums.gain, weight, sums.first, second)


def sample_size(n_components: int) -> int:
    """Rows that tell as much about the centres as all would."""
    return max(8192, 256 * n_components)


def draw(
    rows: RowSource,
    weight: RowState | None,
    n_components: int,
    random: np.random.Generator,
) -> tuple[MemoryRows, Array]:
    """Return a sample of the rows, and their weights.

    Of few rows all that have weight; of many as many as tell enough, a heavy one more
    than once, and weights that are 1 then.
    """
    n, size = rows.shape[0], sample_size(n_components)
    w = None if weight is None else weight.to_numpy()
    if w is None:
        every = n <= size
        taken = (
            np.arange(n)
            if every
            else random.choice(n, size, replace=False, shuffle=False)
        )
        weight_of_taken = np.ones(len(taken), dtype=rows.dtype)
    elif np.count_nonzero(w) <= size:
        taken = np.flatnonzero(w)
        weight_of_taken = w[taken]
    else:
        share = w.astype(np.float64)
        taken = random.choice(n, size, p=share / share.sum())
        weight_of_taken = np.ones(size, dtype=rows.dtype)
    return MemoryRows(rows.take(np.sort(taken)), copied=True), weight_of_taken


def kmeans_plusplus(
    rows: MemoryRows,
    weight: Array,
    origin: Array,
    n_clusters: int,
    random: np.random.Generator,
) -> Array:
    """Return centres (n_clusters, d) among the rows, far from each other.

    Each next centre is drawn with probability ∝ w·D², D the distance to the nearest so
    far: the best of 2 + log K draws is kept.

    References
    ----------
    D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding",
    SODA 2007.
    """
    draws = 2 + int(np.log(n_clusters))
    w = weight.astype(np.float64)
    first = np.searchsorted(np.cumsum(w), random.random() * w.sum())
    chosen = [min(int(first), len(w) - 1)]
    nearest = _distances_to(rows, chosen, origin)[:, 0]
    while len(chosen) < n_clusters:
        cumulative = np.cumsum(w * nearest)
        if not 0 < cumulative[-1] < np.inf:  # all rows coincide with a centre
            chosen.append(int(random.integers(len(w))))
            continue
        drawn = np.searchsorted(cumulative, random.random(draws) * cumulative[-1])
        drawn = np.minimum(drawn, len(w) - 1)
        closer = np.minimum(_distances_to(rows, drawn, origin), nearest[:, np.newaxis])
        best = int(np.argmin(w @ closer))
        chosen.append(int(drawn[best]))
        nearest = closer[:, best]
    return _rows_as_means(rows, chosen)


def _rows_as_means(rows: MemoryRows, chosen: Any) -> Array:
    means: Array = rows.array[chosen].astype(np.float64)
    return means


def _distances_to(rows: MemoryRows, chosen: Any, origin: Array) -> Array:
    means = _rows_as_means(rows, chosen)
    distances = squared_distances(rows, means, origin, n_threads=1)
    return distances.to_numpy().astype(np.float64)


def lloyd(
    rows: MemoryRows, weight: Array, centres: Array, origin: Array, n_threads: int
) -> Array:
    """Return the centres after Lloyd's k-means iterations.

    References
    ----------
    S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information
    Theory 28 (1982).
    """
    before, beside = np.inf, rows.state_from_array(weight)
    for _ in range(LLOYD_ITERATIONS):
        sums, points = start_pass(
            rows, beside, COVARIANCES["diag"], centres, origin, n_threads
        )
        filled = sums.weight > 0
        centres = points
        centres[filled] += sums.first[filled] / sums.weight[filled, np.newaxis]
        inertia = -sums.gain
        if not before - inertia > LLOYD_TOL * inertia:
            break
        before = inertia
    return centres
