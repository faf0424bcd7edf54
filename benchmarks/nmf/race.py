"""How long latentia takes to where scikit-learn's long fit ends."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from latentia.benchmarks.comparison import judge_timings
from latentia.benchmarks.nmf.cases import OBJECTIVE_BARS, fashion_pictures
from latentia.benchmarks.nmf.methods import (
    HALS,
    errors_of_latentia,
    fit_latentia,
    fit_scikit_learn,
)
from latentia.benchmarks.nmf.objective import EXCESS, judge, objective
from latentia.benchmarks.reference_numpy import Factors, FloatArray, nndsvd
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    SPEEDUP,
    Bar,
    Quantity,
    Size,
)
from latentia.benchmarks.runner import Found
from latentia.benchmarks.timing import Timing

N_ITER = {"small": 40, "full": 200}

_N_COMPONENTS = 40

_SPEED_BAR = Bar("≥", 4)
# It is to be reached, to within the rounding of float32.
_REACHED_BARS = {"small": OBJECTIVE_BARS["small"], "full": Bar("≤", 1e-5)}
_NEAR = 1e-3


def race_name(size: Size) -> str:
    """Name the case."""
    return (
        f"{fashion_pictures(size, 'float32').name}, {HALS(_N_COMPONENTS).name}, "
        f"to where {BASELINE} is after {N_ITER[size]} iterations"
    )


def run_race(size: Size) -> Found:
    """Let scikit-learn run, and latentia as many iterations as it needs to catch up.

    Both start at the same NNDSVD, and each is timed once, as it takes long. latentia
    may do half as many iterations again as scikit-learn; if that is not enough, the bar
    on the objective tells.

    Parameters
    ----------
    size : {"small", "full"}
        The small one has no bar on speed.

    Returns
    -------
    Found
        Latentia and scikit-learn, and after how many iterations latentia was there, and
        near it.

    Raises
    ------
    FileNotFoundError
        If Fashion-MNIST is not on this machine.
    """
    A = fashion_pictures(size, "float32").make()
    work = HALS(_N_COMPONENTS, n_iter=N_ITER[size], start=nndsvd(A, _N_COMPONENTS))
    peer = _timed(partial(fit_scikit_learn, A, work))
    target = objective(A, *peer.result, work.loss)
    errors = errors_of_latentia(A, replace(work, n_iter=work.n_iter * 3 // 2))
    there = _iterations_to(target, errors)
    near = _iterations_to(target * (1 + _NEAR), errors)
    ours = _timed(partial(fit_latentia, A, replace(work, n_iter=there)))
    name, bars = race_name(size), {EXCESS: _REACHED_BARS[size]}
    methods = judge_timings(
        name,
        {LATENTIA: ours, BASELINE: peer},
        judge=partial(judge, A, work),
        bars=bars | {SPEEDUP: _SPEED_BAR} if size == "full" else bars,
    )
    return Found(
        methods,
        {
            f"{name}, {LATENTIA}": Quantity(there, "iterations"),
            f"{name} and {_NEAR:.1%} above, {LATENTIA}": Quantity(near, "iterations"),
        },
    )


def _timed(fit: Callable[[], Factors]) -> Timing[Factors]:
    begin = time.perf_counter()
    factors = fit()
    return Timing((time.perf_counter() - begin,), factors)


def _iterations_to(target: float, errors: FloatArray) -> int:
    """Return how many iterations come to ``target``, or all if none does."""
    reached = errors <= np.sqrt(2 * target)
    return int(reached.argmax()) if reached.any() else len(errors) - 1
