"""The machine's limits, and how near kernels come to them."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

import latentia
from latentia._native import kernels
from latentia.benchmarks.data import DType
from latentia.benchmarks.results import Measures, Quantity, Target

_GIGA = 1e9
_ROUNDS = 9
_BEYOND_ANY_CACHE = 2**27  # 512 MiB of float32


class Kernel(NamedTuple):
    """A run of so many floating-point operations, and the bytes it has to read."""

    name: str
    run: Callable[[], object]
    operations: float
    n_bytes: float | None = None
    target: Target | None = None
    """Share of the FMA peak in per cent."""

    def rate(self) -> float:
        """Run once, and return the flop/s."""
        begin = time.perf_counter()
        self.run()
        return self.operations / (time.perf_counter() - begin)


def shares_of_peak(dtype: DType, kernels_: Iterable[Kernel]) -> Measures:
    """Measure the FMA peak and kernels in turn, and give each kernel's share of it.

    Returned are the best of each in GFLOP/s, its share as ``"NAME, of the peak"``, and
    where bytes are given ``"NAME, read"`` in GB/s.
    """
    best = {kernel: kernel.rate() for kernel in kernels_}
    peak = 0.0
    for _ in range(_ROUNDS):
        peak = max(peak, kernels.fma_peak(dtype, latentia.n_threads()))
        best = {kernel: max(rate, kernel.rate()) for kernel, rate in best.items()}
    found = {f"FMA peak, {dtype}": Quantity(peak / _GIGA, "GFLOP/s")}
    for kernel, rate in best.items():
        name = kernel.name
        found[name] = Quantity(rate / _GIGA, "GFLOP/s")
        share = Quantity(100 * rate / peak, "%", kernel.target)
        found[f"{name}, of the peak"] = share
        if kernel.n_bytes is not None:
            read = rate / kernel.operations * kernel.n_bytes / _GIGA
            found[f"{name}, read"] = Quantity(read, "GB/s")
    return found


def read_bandwidth() -> Measures:
    """Measure how many GB/s all threads together read from memory."""
    data = np.ones(_BEYOND_ANY_CACHE, dtype=np.float32)
    rate = kernels.read_bandwidth(data, latentia.n_threads())
    return {"read bandwidth": Quantity(rate / _GIGA, "GB/s")}
