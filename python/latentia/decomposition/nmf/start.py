"""Where the factors begin."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import as_random, draw_seed
from latentia.decomposition.nmf.arguments import Settings
from latentia.decomposition.nmf.data import Data
from latentia.decomposition.nmf.factor import fill
from latentia.decomposition.nmf.nndsvd import (
    fill_zeros,
    fill_zeros_by_chance,
    larger_parts,
    normal,
)
from latentia.decomposition.svd import Settings as SvdSettings
from latentia.decomposition.svd import decompose
from latentia.rows import MemoryState, RowState, summarise

Array = NDArray[Any]


def start(
    data: Data, settings: Settings, W: Array | None, H: Array | None, n_threads: int
) -> tuple[RowState, Array]:
    """Return the first W (m × k) and Ht (n × k), C-ordered and of the rows' type.

    What is given of W (m × k) and H (k × n), in the data's unit, is taken as it is; the
    first rows of H are those that are fixed, if there are any.
    """
    first, Ht = _start(data, settings, W, H, n_threads)
    if settings.fixed is not None:
        Ht[:, : settings.n_fixed] = settings.fixed.T * np.sqrt(data.unit)
    return first, Ht


def _start(
    data: Data, settings: Settings, W: Array | None, H: Array | None, n_threads: int
) -> tuple[RowState, Array]:
    if W is None and H is None and settings.init != "random":
        return _nndsvd(data, settings, n_threads)
    if W is not None and H is not None:
        return data.rows.state_from_array(_writable(W, data)), _writable(H.T, data)
    first, Ht = _random(data, settings)
    if W is not None:
        first = data.rows.state_from_array(_writable(W, data))
    if H is not None:
        Ht = _writable(H.T, data)
    return first, Ht


def encoding_start(data: Data, H: Array, solver: str) -> tuple[RowState, Array]:
    """Return a W (m × k) to begin with where H (k × n) is given, and Ht (n × k).

    Coordinate descent begins at zero; multiplicative updates could not leave it.
    """
    W = data.rows.empty_state(len(H))
    fill(W, float(np.sqrt(data.mean / len(H))) if solver == "mu" else 0.0)
    return W, _writable(H.T * np.sqrt(data.unit), data)


def _writable(factor: Array, data: Data) -> Array:
    """Return a copy that the passes may write to."""
    return np.array(factor, dtype=data.rows.dtype, order="C")


def _random(data: Data, settings: Settings) -> tuple[RowState, Array]:
    """|N(0, 1)|·√(mean/k): products are of the data's size."""
    n, k, dtype = data.rows.shape[1], settings.n_components, data.rows.dtype
    size = float(np.sqrt(data.mean / k))
    random = as_random(settings.random_state)
    H = normal(random, k, n_columns=n, size=size)
    W = data.rows.random_state_rows(partial(normal, n_columns=k, size=size), random, k)
    return W, np.ascontiguousarray(H.T, dtype=dtype)


def _nndsvd(data: Data, settings: Settings, n_threads: int) -> tuple[RowState, Array]:
    """Begin with the non-negative parts of singular vectors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a start need not have converged
        svd = decompose(
            data.rows,
            data.summary or summarise(data.rows, n_threads=n_threads),
            settings.n_components,
            SvdSettings(
                tol=1e-4,
                n_iter=0,
                n_oversamples=10,
                seed=draw_seed(settings.random_state),
            ),
            method="auto",
            center=False,
            scale=False,
            want_U=True,
            n_threads=n_threads,
        )
    W, Ht = larger_parts(svd)
    random = as_random(settings.random_state)
    for factor in (W, MemoryState(Ht)):
        if settings.init == "nndsvda":
            fill_zeros(factor, data.mean)
        elif settings.init == "nndsvdar":
            fill_zeros_by_chance(factor, data.mean / 100, random)
    return W, Ht
