"""The passes of a mixture over its rows: each reads every row once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._blas import serial_blas
from latentia._native import kernels
from latentia.mixture.covariance import COVARIANCES, CovarianceType
from latentia.mixture.parameters import Parameters, Sums, about, cancels
from latentia.rows import Block, RowSource, RowState, S

Array = NDArray[Any]

_CONVERTED_ROWS = 1 << 14


def em_pass(
    rows: RowSource,
    weight: RowState | None,
    parameters: Parameters,
    origin: Array,
    n_threads: int,
) -> tuple[Sums, Array]:
    """Return the sums of an EM iteration, and the points (K, d) they are taken about.

    ``weight`` (n) are the rows' sample weights, in their dtype, and
    ``origin`` (d) is amid the rows.
    """
    mixture = parameters.for_kernels(rows.dtype, origin)
    _, origin, centre, _, _ = mixture

    def sums_about(points: Array) -> Sums:
        kernel = partial(_em_pass, mixture=mixture, points=points)
        return _reduce_weighted(rows, kernel, weight, n_threads)

    return _without_cancellation(sums_about, parameters.type, origin, centre)


def _em_pass(
    block: Block,
    n_threads: int,
    weight: Array | None = None,
    *,
    mixture: tuple[str, Array, Array, Array, Array],
    points: Array,
) -> Sums:
    return Sums(*kernels.em_pass(block, weight, *mixture, points, n_threads))


def mean_of_rows(
    rows: RowSource, weight: RowState | None, mean: Array, n_threads: int
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
    weight: RowState | None,
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
        about_centres = (type_.name, origin, centre, points, seed)
        kernel = partial(_start_pass, start=about_centres)
        return _reduce_weighted(rows, kernel, weight, n_threads)

    return _without_cancellation(sums_about, type_, origin, centre)


def _start_pass(
    block: Block,
    n_threads: int,
    weight: Array | None = None,
    *,
    start: tuple[str, Array, Array, Array, int | None],
) -> Sums:
    return Sums(*kernels.start_pass(block, weight, *start, n_threads))


def _reduce_weighted(
    rows: RowSource, kernel: Callable[..., S], weight: RowState | None, n_threads: int
) -> S:
    if weight is None:
        return rows.reduce(kernel, n_threads=n_threads)
    return rows.reduce_with(kernel, weight, n_threads=n_threads)


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
) -> RowState:
    """Return ‖x − mean‖² of every row and mean (n, K)."""
    about_centres = about(means, origin, rows.dtype)
    return _for_every_row(
        "squared_distances",
        rows,
        about_centres,
        rows.empty_state(len(means)),
        n_threads,
    )


def labels(
    rows: RowSource, parameters: Parameters, dtype: np.dtype[Any], n_threads: int
) -> RowState:
    """Return every row's most probable component (n), int64; computed in ``dtype``."""
    mixture = parameters.for_scoring(dtype)
    found = rows.empty_state(None, np.int64)
    return _for_every_row("mixture_labels", rows, mixture, found, n_threads)


def log_likelihood(
    rows: RowSource, parameters: Parameters, dtype: np.dtype[Any], n_threads: int
) -> RowState:
    """Return log p(x) of every row (n), in the rows' type; computed in ``dtype``."""
    mixture = parameters.for_scoring(dtype)
    return _for_every_row(
        "mixture_log_likelihood", rows, mixture, rows.empty_state(None), n_threads
    )


def responsibilities(
    rows: RowSource, parameters: Parameters, dtype: np.dtype[Any], n_threads: int
) -> RowState:
    """Return the components' posterior probabilities (n, K); computed in ``dtype``."""
    mixture = parameters.for_scoring(dtype)
    found = rows.empty_state(len(parameters.weights))
    return _for_every_row("mixture_responsibilities", rows, mixture, found, n_threads)


def regression(
    rows: RowSource, given: Parameters, regression: tuple[Array, Array], n_threads: int
) -> RowState:
    """Return Σ_k r_k·(μ_k + B_k·(x − m_k)) of every row (n, rest), r by ``given``.

    ``given`` is the mixture of the rows' features, of means m; ``regression`` holds μ
    (K, rest) and the slopes B (K or 1, rest, given).
    """
    found = rows.empty_state(regression[0].shape[1])
    kernel = partial(_regression, given=given, regression=regression)
    rows.update(kernel, found, n_threads=n_threads)
    return found


def _regression(
    block: Array,
    n_threads: int,
    out: Array,
    *,
    given: Parameters,
    regression: tuple[Array, Array],
) -> int:
    means, slopes = regression
    mixture = given.for_scoring(np.dtype(np.float64))
    with serial_blas():
        for x, to in _in_double(block, out):
            r = np.empty((len(x), len(means)))
            kernels.mixture_responsibilities(x, *mixture, r, n_threads)
            found = r @ means
            for k in range(len(means)):
                slope = slopes[k % len(slopes)]
                found += r[:, [k]] * ((x - given.means[k]) @ slope.T)
            to[:] = found
    return 0


def _for_every_row(
    name: str, rows: RowSource, given: tuple[Any, ...], out: RowState, n_threads: int
) -> RowState:
    kernel = partial(_to_every_row, name=name, given=given)
    rows.update(kernel, out, n_threads=n_threads)
    return out


def _to_every_row(
    block: Array, n_threads: int, out: Array, *, name: str, given: Any
) -> int:
    """Run one of the kernels that write to every row; a name can be sent anywhere."""
    kernel, dtype = getattr(kernels, name), given[1].dtype
    if block.dtype == dtype:
        kernel(block, *given, out, n_threads)
        return 0
    for x, to in _in_double(block, out):
        if out.dtype.kind == "i":
            kernel(x, *given, to, n_threads)
            continue
        found = np.empty(to.shape, dtype)
        kernel(x, *given, found, n_threads)
        largest = np.finfo(out.dtype).max / 4  # as far as can be told apart
        to[:] = found.clip(-largest, largest)
    return 0


def _in_double(block: Array, out: Array) -> Iterator[tuple[Array, Array]]:
    """Yield runs of the rows in float64, and where their results go."""
    for begin in range(0, len(block), _CONVERTED_ROWS):
        end = begin + _CONVERTED_ROWS
        yield block[begin:end].astype(np.float64), out[begin:end]
