"""The machine's limits, and how near kernels come to them."""

from collections.abc import Callable, Mapping

import numpy as np

import latentia
from latentia._native import kernels
from latentia.benchmarks.data import DType
from latentia.benchmarks.results import Bar, Quantity

_GIGA = 1e9

_ROUNDS = 9
_BEYOND_ANY_CACHE = 2**27  # 512 MiB of float32


def shares_of_peak(
    dtype: DType, rates: Mapping[str, Callable[[], float]], bars: Mapping[str, Bar]
) -> dict[str, Quantity]:
    """Measure the FMA peak and kernels in turn, and set them in relation.

    Parameters
    ----------
    dtype : {"float32", "float64"}
        Of the peak.
    rates : mapping of str to callable
        Each runs a kernel once and returns its flop/s.
    bars : mapping of str to Bar
        The shares that kernels have to reach, in per cent, by their names in ``rates``.

    Returns
    -------
    dict of str to Quantity
        The best of each in GFLOP/s, and beside each kernel ``"NAME, of the peak"``, its
        share in per cent.
    """
    for run in rates.values():
        run()
    peak, best = 0.0, dict.fromkeys(rates, 0.0)
    for _ in range(_ROUNDS):
        peak = max(peak, kernels.fma_peak(dtype, latentia.n_threads()))
        for name, run in rates.items():
            best[name] = max(best[name], run())
    found = {f"FMA peak, {dtype}": Quantity(peak / _GIGA, "GFLOP/s")}
    for name, rate in best.items():
        share = Quantity(100 * rate / peak, "%", bars.get(name))
        found |= {
            name: Quantity(rate / _GIGA, "GFLOP/s"),
            f"{name}, of the peak": share,
        }
    return found


def read_bandwidth() -> dict[str, Quantity]:
    """Measure how fast all threads together read from memory.

    Returns
    -------
    dict of str to Quantity
        One, in GB/s.
    """
    data = np.ones(_BEYOND_ANY_CACHE, dtype=np.float32)
    rate = kernels.read_bandwidth(data, latentia.n_threads())
    return {"read bandwidth": Quantity(rate / _GIGA, "GB/s")}
