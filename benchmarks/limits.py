"""The machine's limits, and how near kernels come to them."""

from collections.abc import Callable, Mapping

import numpy as np

import latentia
from latentia._native import kernels
from latentia.benchmarks.data import DType
from latentia.benchmarks.results import Measures, Quantity, Target

_GIGA = 1e9
_ROUNDS = 9
_BEYOND_ANY_CACHE = 2**27  # 512 MiB of float32


def shares_of_peak(
    dtype: DType,
    rates: Mapping[str, Callable[[], float]],
    targets: Mapping[str, Target],
) -> Measures:
    """Measure the FMA peak and kernels in turn, and give each kernel's share of it.

    ``rates`` run a kernel once and return its flop/s; ``targets`` are shares in per
    cent, by the same names. Returned are the best of each in GFLOP/s, and next to each
    kernel its share as ``"NAME, of the peak"``.
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
        share = Quantity(100 * rate / peak, "%", targets.get(name))
        found |= {
            name: Quantity(rate / _GIGA, "GFLOP/s"),
            f"{name}, of the peak": share,
        }
    return found


def read_bandwidth() -> Measures:
    """Measure how many GB/s all threads together read from memory."""
    data = np.ones(_BEYOND_ANY_CACHE, dtype=np.float32)
    rate = kernels.read_bandwidth(data, latentia.n_threads())
    return {"read bandwidth": Quantity(rate / _GIGA, "GB/s")}
