"""The passes of a mixture over its rows: each reads every row once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.mixture.covariance import COVARIANCES, CovarianceType
from latentia.mixture.parameters import Parameters, Sums, about, cancels
from latentia.rows import RowSource

Array = NDArray[Any]


def em_pass(
    rows: RowSource,
    weight: Array | None,
    parameters: Parameters,
    origin: Array,
    n_threads: int,
) -> tuple[Sums, Array]:
    """Return the sums of an EM iteration, and the points (K, d) they are taken about.

    ``weight`` (n) are the rows' sample weights, in their dtype, and ``origin`` (d) is
    amid the rows.
    """
    mixture = parameters.for_kernels(rows.dtype, origin)
    _, origin, centre, _, _ = mixture

    def sums_about(points: Array) -> Sums:
        return rows.reduce(
            lambda block, w: Sums(
                *kernels.em_pass(block, w, *mixture, points, n_threads)
            ),
            weight,
        )

    return _without_cancellation(sums_about, parameters.type, origin, centre)


def mean_of_rows(
    rows: RowSource, weight: Array | None, mean: Array, n_threads: int
) -> Array:
    """Return the weighted mean (d); ``mean`` is that without weights.

    A row of weight zero, however far away, does not move it.
    """
    if weight is None:
        return mean
    sums, points = start_pass(
        rows, weight, COVARIANCES["diag"], mean[np.newaxis], mean, n_threads
    )
    found: Array = points[0] + sums.first[0] / sums.weight[0]
    return found


def start_pass(
    rows: RowSource,
    weight: Array | None,
    type_: CovarianceType,
    means: Array,
    origin: Array,
    n_threads: int,
    *,
    seed: int | None = None,
) -> tuple[Sums, Array]:
    """Return the sums of rows that belong to the nearest mean, and the points (K, d).

    With a seed every row belongs to every component by chance.
    """
    origin, centre = about(means, origin, rows.dtype)

    def sums_about(points: Array) -> Sums:
        return rows.reduce(
            lambda block, w: Sums(
                *kernels.start_pass(
                    block, w, type_.name, origin, centre, points, seed, n_threads
                )
            ),
            weight,
        )

    return _without_cancellation(sums_about, type_, origin, centre)


def _without_cancellation(
    sums_about: Callable[[Array], Sums],
    type_: CovarianceType,
    origin: Array,
    centre: Array,
) -> tuple[Sums, Array]:
    """Return the sums about origin + centre (K, d), and those points.

    If they lie too far from where the means go, the rows are read once more and the
    sums are taken about those.
    """
    sums = sums_about(centre)
    if cancels(type_, sums, origin.dtype):
        weight = np.maximum(sums.weight, np.finfo(np.float64).tiny)
        centre = (centre + sums.first / weight[:, np.newaxis]).astype(origin.dtype)
        sums = sums_about(centre)
    return sums, origin.astype(np.float64) + centre.astype(np.float64)


def squared_distances(
    rows: RowSource, means: Array, origin: Array, n_threads: int
) -> Array:
    """Return ‖x − mean‖² of every row and mean (n, K)."""
    origin, centre = about(means, origin, rows.dtype)
    out = np.empty((rows.shape[0], len(means)), dtype=rows.dtype)

    def kernel(block: Any, to: Array | None) -> int:
        assert to is not None
        kernels.squared_distances(block, origin, centre, to, n_threads)
        return 0

    rows.reduce(kernel, out)
    return out


def labels(rows: RowSource, parameters: Parameters, n_threads: int) -> Array:
    """Return every row's most probable component (n), int64."""
    out = np.empty(rows.shape[0], dtype=np.int64)
    return _light_pass(kernels.mixture_labels, rows, parameters, out, n_threads)


def log_likelihood(rows: RowSource, parameters: Parameters, n_threads: int) -> Array:
    """Return log p(x) of every row (n)."""
    out = np.empty(rows.shape[0], dtype=rows.dtype)
    return _light_pass(kernels.mixture_log_likelihood, rows, parameters, out, n_threads)


def responsibilities(rows: RowSource, parameters: Parameters, n_threads: int) -> Array:
    """Return the components' posterior probabilities (n, K)."""
    out = np.empty((rows.shape[0], len(parameters.weights)), dtype=rows.dtype)
    return _light_pass(
        kernels.mixture_responsibilities, rows, parameters, out, n_threads
    )


def _light_pass(
    function: Any, rows: RowSource, parameters: Parameters, out: Array, n_threads: int
) -> Array:
    mixture = parameters.for_kernels(rows.dtype)

    def kernel(block: Any, to: Array | None) -> int:
        function(block, *mixture, to, n_threads)
        return 0

    rows.reduce(kernel, out)
    return out
