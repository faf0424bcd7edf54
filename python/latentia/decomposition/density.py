"""The density of probabilistic PCA.

M. Tipping and C. Bishop, "Probabilistic principal component analysis", Journal of the
Royal Statistical Society B 61 (1999).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from latentia._warnings import warn_caller
from latentia.rows import (
    Block,
    Centre,
    Csr,
    Mean,
    RowSource,
    RowState,
    change_in_place,
    length,
    summarise,
)
from latentia.rows.backend import empty_like, kernels_of, square_of_rows, sum_in_float64

Array = NDArray[Any]

_TILE_BYTES = 32 << 20


def precision_root(pca: Any) -> tuple[Array | None, float]:
    """Return L (n × n) with L·Lᵀ the precision of the model, and log|L·Lᵀ|.

    Where the covariance V·diag(λ − σ²)·Vᵀ + σ²·I is singular in float64 there is no
    density: then L is None.

    Raises
    ------
    ValueError
        If the variances are beyond what their type holds, although X is not.
    """
    V = np.asarray(pca.components_, dtype=np.float64)
    noise = float(pca.noise_variance_)
    variance = np.asarray(pca.explained_variance_, dtype=np.float64)
    k, n = V.shape
    spread = variance if k == n else np.append(variance, noise)
    _check_held(pca, spread)
    eps = float(np.finfo(np.float64).eps)
    if not spread.min() > n * eps * spread.max():
        return None, np.inf
    try:
        precision = np.asarray(pca.get_precision(), dtype=np.float64)
        L = scipy.linalg.cholesky(precision, lower=True)
    except scipy.linalg.LinAlgError:
        # The symmetric root (I − V·diag(1 − σ/√λ)·Vᵀ)/σ, of numbers far apart.
        least = spread.min()
        gain = 1 - np.sqrt(least / np.maximum(variance, least))
        L = (np.eye(n) - (V.T * gain) @ V) / np.sqrt(least)
        log_det = -np.log(np.maximum(variance, least)).sum() - (n - k) * np.log(least)
        return L, float(log_det)
    return L, 2 * float(np.log(np.diag(L)).sum())


def _check_held(pca: Any, spread: Array) -> None:
    dtype = np.asarray(pca.explained_variance_).dtype
    limits = np.finfo(dtype if dtype.kind == "f" else np.float64)
    lost = spread.max() < limits.tiny / limits.eps and np.any(
        getattr(pca, "singular_values_", 0)
    )
    if lost or not np.isfinite(spread).all():
        raise ValueError(
            "explained_variance_ or noise_variance_ is too "
            f"{'small' if lost else 'large'} for {limits.dtype}: fit X in another unit"
            + (", or as float64" if limits.dtype == np.float32 else "")
        )


def log_density(
    rows: RowSource, centre: Centre, L: Array | None, log_det: float, *, n_threads: int
) -> RowState:
    """Return log N(x; centre, (L·Lᵀ)⁻¹) of every row, in nats (n_rows,).

    −½‖(x − centre)·L‖² + ½ log|L·Lᵀ| − n/2·log 2π, with L (n × n); without it −∞, with
    a warning.
    """
    if L is None:
        warn_caller(
            "the covariance of the model is singular (noise_variance_ is 0, or as good "
            "as 0): it has no density, and every log-likelihood is -inf; take fewer "
            "components than n_samples - 1 and than features with variance",
            UserWarning,
        )
        summarise(rows, n_threads=n_threads)
        none = rows.empty_state(None)
        change_in_place(none, _no_density)
        return none
    constant = log_det / 2 - len(L) / 2 * np.log(2 * np.pi)
    read, mean = centre.take_off(rows)
    kernel = partial(
        _log_density,
        mean=mean,
        L=np.ascontiguousarray(L, dtype=rows.dtype),
        constant=float(constant),
    )
    found = rows.empty_state(None)
    total = read.update(kernel, found, n_threads=n_threads)
    if not np.isfinite(total):
        summarise(rows, n_threads=n_threads)  # names what is not finite
    return found


def _no_density(out: Array) -> None:
    out[:] = -np.inf


def _log_density(
    block: Block,
    n_threads: int,
    out: Array,
    *,
    mean: Mean,
    L: Array,
    constant: float,
) -> float:
    at_once = n_rows = length(block)
    if not isinstance(block, Csr):
        at_once = min(n_rows, max(1, _TILE_BYTES // (len(L) * L.dtype.itemsize)))
    tile = empty_like(block, (at_once, len(L)))
    for begin in range(0, n_rows, at_once):
        some = slice(begin, begin + at_once)
        rows: Any = block if isinstance(block, Csr) else block[some]
        y = tile[: len(out[some])]
        kernels_of(block).product(rows, mean, L, y, n_threads)
        out[some] = constant - square_of_rows(y) / 2
    with np.errstate(over="ignore", invalid="ignore"):
        return sum_in_float64(out)
