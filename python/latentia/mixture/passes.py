"""The passes of a mixture over its rows: each reads every row once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.mixture.covariance import CovarianceType
from latentia.mixture.parameters import Parameters, Sums, about
from latentia.rows import RowSource

Array = NDArray[Any]


def em_pass(
    rows: RowSource, weight: Array | None, parameters: Parameters, n_threads: int
) -> tuple[Sums, Array]:
    """Return the sums of an EM iteration, and the points (K, d) they are taken about.

    ``weight`` (n) are the rows' sample weights, in their dtype.
    """
    type_, origin, centre, factor, log_weight = parameters.for_kernels(rows.dtype)
    sums = rows.reduce(
        lambda block, w: Sums(
            *kernels.em_pass(
                block, w, type_, origin, centre, factor, log_weight, n_threads
            )
        ),
        weight,
    )
    return sums, _points(origin, centre)


def start_pass(
    rows: RowSource,
    weight: Array | None,
    type_: CovarianceType,
    means: Array,
    n_threads: int,
    *,
    seed: int | None = None,
) -> tuple[Sums, Array]:
    """Return the sums of rows that belong to the nearest mean, and the points (K, d).

    With a seed every row belongs to every component by chance.
    """
    origin, centre = about(means, np.ones(len(means)), rows.dtype)
    sums = rows.reduce(
        lambda block, w: Sums(
            *kernels.start_pass(block, w, type_.name, origin, centre, seed, n_threads)
        ),
        weight,
    )
    return sums, _points(origin, centre)


def squared_distances(rows: RowSource, means: Array, n_threads: int) -> Array:
    """Return ‖x − mean‖² of every row and mean (n, K)."""
    origin, centre = about(means, np.ones(len(means)), rows.dtype)
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


def _points(origin: Array, centre: Array) -> Array:
    """Return what the kernels took the sums about, exactly."""
    points: Array = origin.astype(np.float64) + centre.astype(np.float64)
    return points
