"""Passes that compute something of every row: each reads every row once.

All return a state of the rows, kept where the rows are. ``dtype`` is the type that the
kernels compute in.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._blas import serial_blas
from latentia.mixture.parameters import Parameters, centred_means
from latentia.rows import RowSource, RowState
from latentia.rows.backend import (
    as_float64,
    dtype_of,
    empty_like,
    kernels_of,
    placed_like,
)

Array = NDArray[Any]

_CONVERTED_ROWS = 1 << 14
"""Rows that are converted to float64 at once: few enough for the cache, and enough that
the cost of a kernel call does not matter."""


def labels(
    rows: RowSource, parameters: Parameters, dtype: np.dtype[Any], n_threads: int
) -> RowState:
    """Return the most probable component of every row (n), int64."""
    mixture = parameters.scoring_form(dtype)
    out = rows.empty_state(None, np.int64)
    return _for_every_row("mixture_labels", rows, mixture, out, n_threads)


def log_likelihood(
    rows: RowSource, parameters: Parameters, dtype: np.dtype[Any], n_threads: int
) -> RowState:
    """Return log p(x) of every row (n), in the rows' type."""
    mixture = parameters.scoring_form(dtype)
    out = rows.empty_state(None)
    return _for_every_row("mixture_log_likelihood", rows, mixture, out, n_threads)


def responsibilities(
    rows: RowSource, parameters: Parameters, dtype: np.dtype[Any], n_threads: int
) -> RowState:
    """Return the components' posterior probabilities (n, K), in the rows' type."""
    mixture = parameters.scoring_form(dtype)
    out = rows.empty_state(len(parameters.weights))
    return _for_every_row("mixture_responsibilities", rows, mixture, out, n_threads)


def squared_distances(
    rows: RowSource, means: Array, origin: Array, n_threads: int
) -> RowState:
    """Return ‖x − mean‖² of every row and mean (n, K), computed in the rows' type."""
    centred = centred_means(means, origin, rows.dtype)
    out = rows.empty_state(len(means))
    return _for_every_row("squared_distances", rows, centred, out, n_threads)


def regression(
    rows: RowSource, given: Parameters, regression: tuple[Array, Array], n_threads: int
) -> RowState:
    """Return Σ_k r_k·(μ_k + B_k·(x − m_k)) of every row (n, rest).

    ``given`` is the mixture of the rows' features, with means m and responsibilities r;
    ``regression`` holds μ (K, rest) and the slopes B (K or 1, rest, given).
    """
    out = rows.empty_state(regression[0].shape[1])
    kernel = partial(_regression, given=given, regression=regression)
    rows.update(kernel, out, n_threads=n_threads)
    return out


def _regression(
    block: Array,
    n_threads: int,
    out: Array,
    *,
    given: Parameters,
    regression: tuple[Array, Array],
) -> int:
    means, slopes, given_means = (
        placed_like(part, block) for part in (*regression, given.means)
    )
    mixture = given.scoring_form(np.dtype(np.float64))
    with serial_blas():
        for x, to in _in_float64(block, out):
            r = empty_like(x, (len(x), len(means)))
            kernels_of(x).mixture_responsibilities(x, *mixture, r, n_threads)
            found = r @ means
            for k in range(len(means)):
                slope = slopes[k % len(slopes)]
                found += r[:, [k]] * ((x - given_means[k]) @ slope.T)
            to[:] = found
    return 0


def _for_every_row(
    name: str,
    rows: RowSource,
    arguments: tuple[Any, ...],
    out: RowState,
    n_threads: int,
) -> RowState:
    kernel = partial(_run_kernel, name=name, arguments=arguments)
    rows.update(kernel, out, n_threads=n_threads)
    return out


def _run_kernel(
    block: Array, n_threads: int, out: Array, *, name: str, arguments: Any
) -> int:
    """Run a kernel that writes one result for every row.

    It is passed by name, which can be sent to another process.
    """
    kernel, dtype = getattr(kernels_of(block), name), arguments[1].dtype
    if dtype_of(block) == dtype:
        kernel(block, *arguments, out, n_threads)
        return 0
    for x, to in _in_float64(block, out):
        if dtype_of(out).kind == "i":
            kernel(x, *arguments, to, n_threads)
            continue
        found = empty_like(x, to.shape, dtype)
        kernel(x, *arguments, found, n_threads)
        limit = np.finfo(dtype_of(out)).max / 4  # finite, also in a difference of two
        to[:] = found.clip(-float(limit), float(limit))
    return 0


def _in_float64(block: Array, out: Array) -> Iterator[tuple[Array, Array]]:
    """Yield some rows at a time in float64, and the same rows of ``out``."""
    for begin in range(0, len(block), _CONVERTED_ROWS):
        end = begin + _CONVERTED_ROWS
        yield as_float64(block[begin:end]), out[begin:end]
