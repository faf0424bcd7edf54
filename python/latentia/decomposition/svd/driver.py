"""The decomposition from rows to result: prepare, choose, find the space, finish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from latentia._blas import serial_blas
from latentia._native import kernels
from latentia._warnings import warn_caller
from latentia.decomposition.svd import plan
from latentia.decomposition.svd.exact import by_gram, by_lapack, may_use_float32
from latentia.decomposition.svd.extremes import in_safe_unit, in_unit_of_rows
from latentia.decomposition.svd.krylov import block_krylov
from latentia.decomposition.svd.lanczos import lanczos
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.plan import Method
from latentia.decomposition.svd.power import power_iteration
from latentia.decomposition.svd.rayleigh_ritz import rayleigh_ritz
from latentia.decomposition.svd.result import Decomposition
from latentia.rows import Centre, RowSource, Summary

Array = NDArray[Any]


_SQUARES = 400
"""Numbers beyond 2^±400 have squares whose sums may leave the range of float64."""


@dataclass(frozen=True)
class SVDOptions:
    """What the caller asks of the search for the space.

    Attributes
    ----------
    tol : float
        Relative excess of the residual over the optimum, for the Krylov route.
    n_iter, n_oversamples : int
        Passes and extra columns, for power iteration.
    seed : int
        Of the random start.
    """

    tol: float
    n_iter: int
    n_oversamples: int
    seed: int


def decompose(
    rows: RowSource,
    summary: Summary,
    k: int,
    options: SVDOptions,
    *,
    method: Method | Literal["auto"],
    center: bool,
    scale: bool,
    want_U: bool,
    n_threads: int,
) -> Decomposition:
    """Return the k leading singular triplets of the rows, centred and scaled if asked.

    A matrix in memory with more features than rows is read transposed: dense ones where
    they lie, sparse ones from a copy if they are much wider than tall. Without U the
    rows need no room for it, wherever they are.
    """
    one = summary.scale  # 1 in the unit of the moments
    rows, summary, unit = in_safe_unit(rows, summary)
    op, transposed = _prepare(
        rows, summary, n_threads, center=center, scale=scale, one=one
    )
    result = solve(
        op,
        k,
        options,
        method=method,
        unit=summary.scale,
        want_U=want_U,
        transposed=transposed,
    )
    return result if scale else in_unit_of_rows(result, unit)


def solve(
    op: Operator,
    k: int,
    options: SVDOptions,
    *,
    method: Method | Literal["auto"],
    unit: float,
    want_U: bool,
    transposed: bool = False,
) -> Decomposition:
    """Return the k leading singular triplets of an operator, or of its transpose.

    ``unit`` is that of its rows' summary.
    """
    if method == "auto":
        method = plan.choose(op.rows, k, by_float32=may_use_float32(op, k))
    far = abs(np.log2(unit)) > _SQUARES and op.dtype == np.float64
    if method == "gram" and far:
        method = "lapack" if op.rows.in_memory else "krylov"
        options = replace(options, tol=0.0)
    if method == "lapack" and not op.rows.in_memory:
        raise ValueError(
            "svd_solver='full' needs all rows in memory at once: give np.asarray(X), "
            "or take 'covariance_eigh', whose passes give all components as well"
        )
    with serial_blas():
        result = _SOLVERS[method](op, k, options, want_U or transposed)
    if not result.converged:
        warn_caller(
            f"the singular values did not converge to tol={options.tol} in "
            f"{result.n_passes} passes; the error bounds show their accuracy",
            ConvergenceWarning,
        )
    return (result.transposed(op.rows) if transposed else result).with_signs()


def _krylov(op: Operator, k: int, options: SVDOptions, want_U: bool) -> Decomposition:
    start = _gaussian(op, plan.block_size(k, op.shape[1]), options.seed)
    keep_bytes = plan.keep_bytes(op.rows)
    search = partial(block_krylov, op, k, start, tol=options.tol, keep_bytes=keep_bytes)
    widest = plan.widest_basis(op.rows, k) if options.tol == 0 else None
    found = search(widest=widest)
    if widest is not None and not found.converged:
        n_passes = found.n_passes
        found = lanczos(op, k, found.K.sum(axis=1)) or search()
        found = replace(found, n_passes=n_passes + found.n_passes)
    return rayleigh_ritz(found, op, k, want_U=want_U)


def _power(op: Operator, k: int, options: SVDOptions, want_U: bool) -> Decomposition:
    columns = min(k + options.n_oversamples, op.shape[1])
    start = _gaussian(op, columns, options.seed)
    found = power_iteration(op, start, n_iter=options.n_iter)
    return rayleigh_ritz(found, op, k, want_U=want_U)


def _gram(op: Operator, k: int, _: SVDOptions, want_U: bool) -> Decomposition:
    return by_gram(op, k, want_U=want_U)


def _lapack(op: Operator, k: int, _: SVDOptions, want_U: bool) -> Decomposition:
    return by_lapack(op, k)


_SOLVERS: dict[Method, Callable[[Operator, int, SVDOptions, bool], Decomposition]] = {
    "krylov": _krylov,
    "power": _power,
    "gram": _gram,
    "lapack": _lapack,
}


def _gaussian(op: Operator, columns: int, seed: int) -> Array:
    start = np.empty((op.shape[1], columns), dtype=op.dtype)
    kernels.fill_normal(start, seed, op.n_threads)
    return start


def _prepare(
    rows: RowSource,
    summary: Summary,
    n_threads: int,
    *,
    center: bool,
    scale: bool,
    one: float,
) -> tuple[Operator, bool]:
    """Return the operator, and whether it is the transpose of what was asked for."""
    m = rows.shape[0]
    weight: float | Array = summary.scale
    per_column = summary.centred_square if center else summary.square_about_zero
    if scale:
        deviation = np.sqrt(summary.centred_square / m)
        # A constant column, up to rounding, is left as it is: its deviation becomes 1.
        size = np.sqrt(summary.square_about_zero / m)
        constant = deviation <= 4 * np.finfo(np.float64).eps * size
        deviation[constant] = one
        weight = (summary.scale / deviation)[:, np.newaxis].astype(rows.dtype)
        per_column = per_column / deviation**2
    mean, rest, lost = None, None, 0.0
    if center:
        centre = Centre.of(summary)
        per_row = centre.lost(rows.dtype, sparse=rows.sparse) * np.ravel(weight)
        lost = float(np.linalg.norm(per_row)) * m**0.5
        rows, offset = centre.take_off(rows)
        mean, rest = offset if isinstance(offset, tuple) else (offset, None)
    transposed = not scale and plan.reads_transposed(rows)
    if transposed:
        rows = rows.transpose()
        mean, rest = (None if part is None else part.T for part in (mean, rest))
    centroid = None if center or transposed else summary.mean * np.ravel(weight)
    op = Operator(
        rows,
        n_threads,
        mean,
        rest,
        weight,
        square=float(per_column.sum()),
        centroid=centroid,
        mean_rounding=lost,
        # Rows in a unit of their own may have products beyond float32.
        column_squares=None if transposed or summary.scale != 1.0 else per_column,
    )
    return op, transposed
