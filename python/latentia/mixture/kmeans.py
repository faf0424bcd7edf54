"""k-means on a sample of the rows: cluster centres to begin EM with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import COVARIANCES
from latentia.mixture.scoring import squared_distances
from latentia.mixture.statistics import FitData, nearest_mean_statistics
from latentia.rows import MemoryRows, RowSource, RowState

Array = NDArray[Any]

LLOYD_ITERATIONS = 20
LLOYD_TOL = 1e-3
"""Lloyd's iterations end when the inertia falls by less than this share of it. EM
refines the centres afterwards."""


def sample_size(n_components: int) -> int:
    """Return how many rows are enough to find the centres."""
    return max(8192, 256 * n_components)


def draw_sample(
    rows: RowSource,
    weight: RowState | None,
    n_components: int,
    random: np.random.Generator,
) -> tuple[MemoryRows, Array]:
    """Return a sample of the rows, and its weights.

    If ``sample_size`` rows or fewer have weight, it is all of these. Otherwise rows are
    drawn with probabilities proportional to their weights, with replacement, and the
    weights of the sample are 1.
    """
    n, size = rows.shape[0], sample_size(n_components)
    w = None if weight is None else weight.to_numpy()
    if w is None:
        drawn = (
            np.arange(n)
            if n <= size
            else random.choice(n, size, replace=False, shuffle=False)
        )
        sample_weight = np.ones(len(drawn), dtype=rows.dtype)
    elif np.count_nonzero(w) <= size:
        drawn = np.flatnonzero(w)
        sample_weight = w[drawn]
    else:
        probability = w.astype(np.float64)
        drawn = random.choice(n, size, p=probability / probability.sum())
        sample_weight = np.ones(size, dtype=rows.dtype)
    return MemoryRows(rows.take(np.sort(drawn)), copied=True), sample_weight


def kmeans_plusplus(
    rows: MemoryRows,
    weight: Array,
    origin: Array,
    n_clusters: int,
    random: np.random.Generator,
) -> Array:
    """Return centres (n_clusters, d) that are rows far from each other.

    Each centre is drawn with probability ∝ w·D², D the distance of a row to the nearest
    centre so far; of 2 + log K draws the one with the smallest inertia is used.

    References
    ----------
    D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding",
    SODA 2007.
    """
    draws = 2 + int(np.log(n_clusters))
    w = weight.astype(np.float64)
    first = np.searchsorted(np.cumsum(w), random.random() * w.sum())
    centres = [min(int(first), len(w) - 1)]
    nearest = _distances_to(rows, centres, origin)[:, 0]
    while len(centres) < n_clusters:
        cumulative = np.cumsum(w * nearest)
        if not 0 < cumulative[-1] < np.inf:  # every row coincides with a centre
            centres.append(int(random.integers(len(w))))
            continue
        drawn = np.searchsorted(cumulative, random.random(draws) * cumulative[-1])
        drawn = np.minimum(drawn, len(w) - 1)
        closer = np.minimum(_distances_to(rows, drawn, origin), nearest[:, np.newaxis])
        best = int(np.argmin(w @ closer))
        centres.append(int(drawn[best]))
        nearest = closer[:, best]
    return rows_as_means(rows, centres)


def rows_as_means(rows: MemoryRows, indices: Any) -> Array:
    """Return these rows in float64."""
    means: Array = rows.array[indices].astype(np.float64)
    return means


def _distances_to(rows: MemoryRows, indices: Any, origin: Array) -> Array:
    means = rows_as_means(rows, indices)
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
    sample = FitData(rows, rows.state_from_array(weight), origin, n_threads)
    previous = np.inf
    for _ in range(LLOYD_ITERATIONS):
        found = nearest_mean_statistics(sample, COVARIANCES["diag"], centres)
        filled = found.weight > 0
        centres = found.reference_points
        centres[filled] += found.first_moment[filled] / found.weight[filled, np.newaxis]
        inertia = -found.log_likelihood
        if not previous - inertia > LLOYD_TOL * inertia:
            break
        previous = inertia
    return centres
