"""Initial factors: random numbers, parts of singular vectors, or given ones.

References
----------
C. Boutsidis and E. Gallopoulos, "SVD based initialization: a head start for
nonnegative matrix factorization", Pattern Recognition 41 (2008).
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import as_random, draw_seed
from latentia._warnings import warn_caller
from latentia.decomposition.nmf.factors import check_factor, fill
from latentia.decomposition.nmf.options import NMFOptions
from latentia.decomposition.nmf.scan import ScannedData
from latentia.decomposition.svd import Decomposition, SVDOptions, decompose
from latentia.rows import (
    MemoryState,
    RowState,
    change_in_place,
    single_threaded,
    summarise,
)
from latentia.rows.backend import as_float64, dtype_of, placed_like, sum_of_rows

Array = NDArray[Any]

RELATIVE_ZERO = 1e-6
"""Entries below this share of the largest √σ count as zero: the same entries in any
unit of X, and more than float32's rounding error where u or v is zero."""

_TILE = 8192


def initial_factors(
    data: ScannedData, options: NMFOptions, W: Any, H: Any, n_threads: int
) -> tuple[RowState, Array]:
    """Return the first W (m × k) and Ht (n × k), C-ordered and of the rows' type.

    ``W`` (m × k) and ``H`` (k × n), where given, are checked and copied if the init is
    "custom". The first rows of H are the fixed components, if there are any.
    """
    (m, n), k = data.rows.shape, options.n_components
    if options.init != "custom":
        if W is not None or H is not None:
            warn_caller(
                f"W and H are not used with init={options.init!r}; init='custom' "
                "starts from them",
                RuntimeWarning,
            )
        W = H = None
    elif W is None and H is None:
        raise ValueError("init='custom' needs W or H to start from, got None for both")
    given_W = None if W is None else _check_start(W, "W", (m, k), data)
    given_H = None if H is None else _check_start(H, "H", (k, n), data)
    if options.init.startswith("nndsvd"):
        first_W, Ht = _nndsvd(data, options, n_threads)
    elif given_W is not None and given_H is not None:
        first_W, Ht = data.rows.state_from_array(given_W), given_H.T.copy()
    else:
        first_W, Ht = _random(data, options)
        if given_W is not None:
            first_W = data.rows.state_from_array(given_W)
        if given_H is not None:
            Ht = given_H.T.copy()
    if options.fixed is not None:
        Ht[:, : options.n_fixed] = options.fixed.T * np.sqrt(data.unit)
    return first_W, Ht


def initial_W(data: ScannedData, k: int, solver: str) -> RowState:
    """Return the W (m × k) from which it is improved for a given H.

    It is zero for HALS; multiplicative updates could not leave zero.
    """
    W = data.rows.empty_state(k)
    fill(W, float(np.sqrt(data.mean / k)) if solver == "mu" else 0.0)
    return W


def _check_start(
    factor: Any, name: str, shape: tuple[int, int], data: ScannedData
) -> Array:
    """Return a copy of a given factor in the unit and type of the data, or raise."""
    in_unit = check_factor(factor, name, shape)
    if data.unit != 1.0:
        in_unit = in_unit * np.sqrt(data.unit)
    # Four of them are multiplied in WᵀW·HHᵀ.
    most = np.finfo(data.rows.dtype).max ** 0.25
    if in_unit.max() > most:
        raise ValueError(
            f"{name} must be at most {most / np.sqrt(data.unit):.3g}, so that products "
            f"stay in the range of {data.rows.dtype}, got {np.max(factor):.3g}"
        )
    return np.array(in_unit, dtype=data.rows.dtype, order="C")


def _random(data: ScannedData, options: NMFOptions) -> tuple[RowState, Array]:
    """|N(0, 1)|·√(mean/k): the entries of W·H are of the data's size."""
    n, k, dtype = data.rows.shape[1], options.n_components, data.rows.dtype
    size = float(np.sqrt(data.mean / k))
    random = as_random(options.random_state)
    H = _half_normal(random, k, n_columns=n, size=size)
    draw = partial(_half_normal, n_columns=k, size=size)
    W = data.rows.random_state_rows(draw, random, k)
    return W, np.ascontiguousarray(H.T, dtype=dtype)


def _half_normal(random: Any, n_rows: int, *, n_columns: int, size: float) -> Array:
    """Draw |N(0, 1)|·size, row by row."""
    drawn: Array = np.abs(size * random.standard_normal(size=(n_rows, n_columns)))
    return drawn


def _nndsvd(
    data: ScannedData, options: NMFOptions, n_threads: int
) -> tuple[RowState, Array]:
    """Return the non-negative parts of singular vectors, their zeros filled or not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a start need not have converged
        svd = decompose(
            data.rows,
            data.summary or summarise(data.rows, n_threads=n_threads),
            options.n_components,
            SVDOptions(
                tol=1e-4,
                n_iter=0,
                n_oversamples=10,
                seed=draw_seed(options.random_state),
            ),
            method="auto",
            center=False,
            scale=False,
            want_U=True,
            n_threads=n_threads,
        )
    W, Ht = _larger_parts(svd)
    random = as_random(options.random_state)
    for factor in (W, MemoryState(Ht)):
        if options.init == "nndsvda":
            change_in_place(factor, partial(_fill_zeros, value=data.mean))
        elif options.init == "nndsvdar":
            k = factor.shape[1]
            draw = partial(_half_normal, n_columns=k, size=data.mean / 100)
            noise = factor.random_state_rows(draw, random, k)
            noise.update(_fill_zeros_from, factor)
    return W, Ht


def _larger_parts(svd: Decomposition) -> tuple[RowState, Array]:
    """Return √(σ·s)·u in the place of U, and √(σ·s)·v in the place of V.

    u·s·vᵀ, with u and v of length 1, is the larger of U₊V₊ᵀ and U₋V₋ᵀ. The first pair
    of singular vectors is non-negative but for the sign and rounding.
    """
    U, V = svd.take_U(), MemoryState(svd.V)
    lengths = np.sqrt([U.reduce(_squares), V.reduce(_squares)])  # (2, ±, k)
    sizes = lengths.prod(axis=0)
    negative = np.argmax(sizes, axis=0)
    scale = np.sqrt(svd.s.astype(np.float64) * sizes.max(axis=0))
    zero = RELATIVE_ZERO * float(scale.max())
    for factor, of_parts in zip((U, V), lengths, strict=True):
        length = np.where(negative, of_parts[1], of_parts[0])
        length = np.maximum(length, RELATIVE_ZERO)
        factors = np.where(negative, -scale, scale) / length
        keep = partial(_keep_parts, factors=factors, zero=zero)
        change_in_place(factor, keep)
    return U, V.array


@single_threaded
def _squares(U: Array) -> Array:
    """Return the sums of squares (2, k) of the positive and of the negative parts."""
    total = np.zeros((2, U.shape[1]))
    for begin in range(0, len(U), _TILE):
        tile = as_float64(U[begin : begin + _TILE])
        every = sum_of_rows(tile**2)
        positive = sum_of_rows(tile.clip(min=0) ** 2)
        positive[0] = every[0]  # of |u|
        total += positive, every - positive
    return np.maximum(total, 0.0)


def _keep_parts(U: Array, *, factors: Array, zero: float) -> None:
    for begin in range(0, len(U), _TILE):
        tile = U[begin : begin + _TILE]
        tile[:, 0] = abs(tile[:, 0])
        tile *= placed_like(factors.astype(dtype_of(U)), U)
        tile[tile < zero] = 0


def _fill_zeros(W: Array, *, value: float) -> None:
    W[W == 0] = value


@single_threaded
def _fill_zeros_from(noise: Array, W: Array) -> int:
    W += noise * (W == 0)
    return 0
