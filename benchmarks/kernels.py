"""The machine's limits, and how near the fused pass ``Aᵀ(A X)`` comes to them."""

import time

import numpy as np

import latentia
from latentia._native import kernels
from latentia.benchmarks.cases import DType
from latentia.benchmarks.reference_numpy import FloatArray
from latentia.benchmarks.results import Bar, Quantity
from latentia.rows import as_rows, normal_product

PASS_COLUMNS = 32

_PASS_SHAPE = (20_000, 2_000)
_ROUNDS = 9
_BEYOND_ANY_CACHE = 2**27  # 512 MiB of float32
_GIGA = 1e9


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


def kernel_limits(dtype: DType) -> dict[str, Quantity]:
    """Measure the FMA peak and the fused pass in turn, and set them in relation.

    Parameters
    ----------
    dtype : {"float32", "float64"}

    Returns
    -------
    dict of str to Quantity
        The best of each in GFLOP/s, and the pass's share of the peak in per cent.
    """
    rng = np.random.default_rng(0)
    A = rng.standard_normal(_PASS_SHAPE, dtype=np.dtype(dtype).type)
    X = rng.standard_normal((A.shape[1], PASS_COLUMNS), dtype=A.dtype.type)
    pass_rate(A, X)
    peaks, rates = [], []
    for _ in range(_ROUNDS):
        peaks.append(kernels.fma_peak(dtype, latentia.n_threads()))
        rates.append(pass_rate(A, X))
    peak, rate = max(peaks), max(rates)
    name = f"fused pass, {PASS_COLUMNS} columns, {dtype}"
    return {
        f"FMA peak, {dtype}": Quantity(peak / _GIGA, "GFLOP/s"),
        name: Quantity(rate / _GIGA, "GFLOP/s"),
        f"{name}, of the peak": Quantity(100 * rate / peak, "%", Bar("≥", 75)),
    }


def read_bandwidth() -> Quantity:
    """Measure how fast all threads together read from memory, in GB/s."""
    data = np.ones(_BEYOND_ANY_CACHE, dtype=np.float32)
    rate = kernels.read_bandwidth(data, latentia.n_threads())
    return Quantity(rate / _GIGA, "GB/s")
