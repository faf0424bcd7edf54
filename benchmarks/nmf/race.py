"""How long latentia takes to where scikit-learn's long fit ends."""

from dataclasses import replace
from functools import partial

import numpy as np

from latentia.benchmarks.comparison import judge_timings
from latentia.benchmarks.nmf.cases import fashion_pictures
from latentia.benchmarks.nmf.methods import (
    HALS,
    errors_of_latentia,
    fit_latentia,
    fit_scikit_learn,
)
from latentia.benchmarks.nmf.objective import EXCESS, judge, objective
from latentia.benchmarks.reference_numpy import nndsvd
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    SPEEDUP,
    Bar,
    Quantity,
    Size,
)
from latentia.benchmarks.runner import Found
from latentia.benchmarks.timing import interleaved

N_ITER = {"small": 40, "full": 200}

_N_COMPONENTS = 40
_REPEATS = {"small": 1, "full": 3}

_SPEED_BAR = Bar("≥", 4)
# It is to be reached, to within the rounding of float32.
_OBJECTIVE_BAR = Bar("≤", 1e-5)


def race_name(size: Size) -> str:
    """Name the case."""
    return (
        f"{fashion_pictures(size, 'float32').name}, {HALS(_N_COMPONENTS).name}, "
        f"to where {BASELINE} is after {N_ITER[size]} iterations"
    )


def run_race(size: Size) -> Found:
    """Let scikit-learn run, and latentia as many iterations as it needs to catch up.

    Both start at the same NNDSVD. scikit-learn is timed once, since it takes long, and
    so is not interleaved with latentia.

    Parameters
    ----------
    size : {"small", "full"}
        The small one has no bar on speed.

    Returns
    -------
    Found
        Latentia and scikit-learn, and how many iterations latentia took.

    Raises
    ------
    FileNotFoundError
        If Fashion-MNIST is not on this machine.
    """
    A = fashion_pictures(size, "float32").make()
    work = HALS(_N_COMPONENTS, n_iter=N_ITER[size], start=nndsvd(A, _N_COMPONENTS))
    peer = interleaved({BASELINE: partial(fit_scikit_learn, A, work)}, repeats=1)
    target = objective(A, *peer[BASELINE].result, work.loss)
    reached = errors_of_latentia(A, work) <= np.sqrt(2 * target)
    # If it is never reached, as many as scikit-learn; the bar on the objective tells.
    n_iter = int(reached.argmax()) if reached.any() else work.n_iter
    ours = partial(fit_latentia, A, replace(work, n_iter=n_iter))
    timings = interleaved({LATENTIA: ours}, repeats=_REPEATS[size]) | peer
    bars = {EXCESS: _OBJECTIVE_BAR}
    name = race_name(size)
    methods = judge_timings(
        name,
        timings,
        judge=partial(judge, A, work),
        bars=bars | {SPEEDUP: _SPEED_BAR} if size == "full" else bars,
    )
    return Found(methods, {f"{name}, {LATENTIA}": Quantity(n_iter, "iterations")})
