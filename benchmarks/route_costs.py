"""The costs that choose a route of the SVD, measured at the CPU level in use.

Costs are in multiply-adds of a pass of block Krylov iteration in PCA, so that they are
about the same on every machine of a level.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg

import latentia
from latentia._blas import serial_blas
from latentia._native import kernels
from latentia.benchmarks.timing import interleaved

_ROWS, _COLUMNS, _BLOCK, _EIGENPAIRS, _REPEATS = 60_000, 784, 32, 50, 5


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
    X32, mean = X.astype(np.float32), wide.mean(axis=0, keepdims=True)
    Y = np.empty((_ROWS, _BLOCK))
    Y32, mean32 = Y.astype(np.float32), mean.astype(np.float32)
    tasks: dict[str, Callable[[], object]] = {
        "pass32": lambda: kernels.normal_product(narrow, mean32, X32, Y32, n_threads),
        "pass64": lambda: kernels.normal_product(wide, mean, X, Y, n_threads),
        "gram32": lambda: kernels.gram_by_float32(narrow, mean, n_threads),
        "gram64": lambda: kernels.gram(wide, mean, n_threads),
        "eigen": eigenpairs,
    }
    timings = interleaved(tasks, repeats=_REPEATS)
    seconds = {name: min(timing.times) for name, timing in timings.items()}
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
