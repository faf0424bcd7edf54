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

from latentia._native import kernels
from latentia.rows import Block, Centre, Mean, RowSource, length, summarise

Array = NDArray[Any]

_TILE_BYTES = 32 << 20


def log_density(
    rows: RowSource, centre: Centre, precision: Array, *, n_threads: int
) -> RowSource:
    """Return log N(x; centre, precision⁻¹) of every row, in nats (n_rows,).

    −½‖(x − centre)·L‖² + ½ log|L·Lᵀ| − n/2·log 2π, with L·Lᵀ the precision (n × n).
    """
    L = scipy.linalg.cholesky(precision, lower=True)
    constant = np.log(np.diag(L)).sum() - len(L) / 2 * np.log(2 * np.pi)
    read, mean = centre.take_off(rows)
    kernel = partial(
        _log_density,
        mean=mean,
        L=np.ascontiguousarray(L, dtype=rows.dtype),
        constant=float(constant),
    )
    found = rows.new(None)
    total = read.reduce(kernel, found, writes=True, n_threads=n_threads)
    if not np.isfinite(total):
        summarise(rows, n_threads=n_threads)  # names what is not finite
    return found


def _log_density(
    block: Block,
    out: Array | None,
    n_threads: int,
    *,
    mean: Mean,
    L: Array,
    constant: float,
) -> float:
    assert out is not None
    at_once = n_rows = length(block)
    if not isinstance(block, tuple):
        at_once = min(n_rows, max(1, _TILE_BYTES // (len(L) * L.dtype.itemsize)))
    tile = np.empty((at_once, len(L)), dtype=L.dtype)
    for begin in range(0, n_rows, at_once):
        some = slice(begin, begin + at_once)
        rows: Any = block if isinstance(block, tuple) else block[some]
        y = tile[: len(out[some])]
        kernels.product(rows, mean, L, y, n_threads)
        out[some] = constant - np.einsum("ij,ij->i", y, y) / 2
    with np.errstate(over="ignore", invalid="ignore"):
        return float(out.sum(dtype=np.float64))
