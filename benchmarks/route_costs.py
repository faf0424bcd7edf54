"""The costs that choose a route of the SVD, measured at the CPU level in use.

Costs are in multiply-adds of the pass of block Krylov iteration, at full speed, so that
they are about the same on every machine of a level.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import scipy.linalg

import latentia
from latentia._blas import serial_blas
from latentia._native import kernels

_ROWS, _COLUMNS, _BLOCK, _EIGENPAIRS, _REPEATS = 20_000, 784, 32, 50, 9


def measure() -> dict[str, float]:
    """Return the costs of this level, by the names of ``plan.Costs``."""
    n_threads = latentia.n_threads()
    random = np.random.default_rng(0)
    narrow = random.standard_normal((_ROWS, _COLUMNS), dtype=np.float32)
    wide = narrow.astype(np.float64)
    G = wide.T @ wide
    X = random.standard_normal((_COLUMNS, _BLOCK))
    last = (_COLUMNS - _EIGENPAIRS, _COLUMNS - 1)

    def eigenpairs() -> None:
        with serial_blas():
            scipy.linalg.eigh(G, subset_by_index=last)

    pass_work, gram_work = 2.0 * narrow.size * _BLOCK, narrow.size * _COLUMNS / 2
    single = X.astype(np.float32)
    tasks: dict[str, Callable[[], object]] = {
        "pass32": lambda: kernels.normal_product(narrow, None, single, None, n_threads),
        "pass64": lambda: kernels.normal_product(wide, None, X, None, n_threads),
        "gram32": lambda: kernels.gram_by_float32(narrow, None, n_threads),
        "gram64": lambda: kernels.gram(wide, None, n_threads),
        "eigen": eigenpairs,
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(_REPEATS):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    seconds = {name: median(found) for name, found in times.items()}
    rate32, rate64 = pass_work / seconds["pass32"], pass_work / seconds["pass64"]
    return {
        "gram32": seconds["gram32"] * rate32 / gram_work,
        "gram64": seconds["gram64"] * rate64 / gram_work,
        "eigen32": seconds["eigen"] * rate32 / _COLUMNS**3,
        "eigen64": seconds["eigen"] * rate64 / _COLUMNS**3,
    }


def main() -> None:
    """Print the row of the table."""
    costs = ", ".join(f"{name}={cost:.2f}" for name, cost in measure().items())
    print(f'"{kernels.level}": Costs({costs}),')


if __name__ == "__main__":
    main()
