"""How fast the fused pass ``Aᵀ(A X)`` is, beside the machine's peak."""

import time
from functools import partial

import numpy as np

import latentia
from latentia.benchmarks.data import DType
from latentia.benchmarks.limits import shares_of_peak
from latentia.benchmarks.reference_numpy import FloatArray
from latentia.benchmarks.results import Bar, Quantity
from latentia.rows import as_rows, normal_product

PASS_COLUMNS = 32

_PASS_SHAPE = (20_000, 2_000)
_PASS_BAR = Bar("≥", 75)


def pass_rate(A: FloatArray, X: FloatArray) -> float:
    """Time one fused pass ``Aᵀ(A X)``, which has ``4 m n b`` operations.

    Parameters
    ----------
    A : ndarray of shape (m, n)
    X : ndarray of shape (n, b)

    Returns
    -------
    float
        flop/s.
    """
    rows, n_threads = as_rows(A), latentia.n_threads()
    start = time.perf_counter()
    normal_product(rows, X, n_threads=n_threads)
    seconds = time.perf_counter() - start
    return float(4 * A.size * X.shape[1]) / seconds


def pass_limits(dtype: DType) -> dict[str, Quantity]:
    """Set the fused pass in relation to the FMA peak.

    Parameters
    ----------
    dtype : {"float32", "float64"}

    Returns
    -------
    dict of str to Quantity
        As from :func:`latentia.benchmarks.limits.shares_of_peak`.
    """
    rng = np.random.default_rng(0)
    A = rng.standard_normal(_PASS_SHAPE, dtype=np.dtype(dtype).type)
    X = rng.standard_normal((A.shape[1], PASS_COLUMNS), dtype=A.dtype.type)
    name = f"fused pass, {PASS_COLUMNS} columns, {dtype}"
    return shares_of_peak(dtype, {name: partial(pass_rate, A, X)}, {name: _PASS_BAR})
