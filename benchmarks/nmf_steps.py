"""What the NMF suite measures next to its cases: a race, unknown entries, the limits.

The race: how long latentia takes to where scikit-learn's long fit ends. Ratings: most
entries are unknown, which scikit-learn does not do; the peer is plain NumPy, which uses
all entries and a mask, and so gets a matrix of which it can hold several.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import numpy as np

from latentia import datasets
from latentia.benchmarks.data import DType, Source
from latentia.benchmarks.limits import read_bandwidth, shares_of_peak
from latentia.benchmarks.nmf import (
    EXCESS,
    HALS,
    METHODS,
    MULTIPLICATIVE,
    OBJECTIVE_TARGETS,
    Task,
    cases,
    errors_of_latentia,
    fashion_pictures,
    fit_latentia,
    fit_scikit_learn,
    harder_target,
    judge,
    memory_target,
    prepare,
    targets,
    weigh,
)
from latentia.benchmarks.quality import objective
from latentia.benchmarks.reference_numpy import (
    Factors,
    FloatArray,
    Matrix,
    hals_nmf,
    multiplicative_nmf,
    nndsvd,
)
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    SPEEDUP,
    Measures,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.runner import (
    Case,
    Found,
    Step,
    Suite,
    judge_timings,
    limits_step,
)
from latentia.benchmarks.timing import Timing, interleaved, timed

_K = 40  # components of the race, and of iterations next to the limits

_RACE_ITER = {"small": 40, "full": 200}
_RACE_SPEED = Target("≥", 4)
# It is to be reached, to within the rounding of float32.
_REACHED_TARGETS = {"small": OBJECTIVE_TARGETS["small"], "full": Target("≤", 1e-5)}
_NEAR = 1e-3

_RATINGS_K, _RATINGS_ITER = 20, 10
_RATINGS_REPEATS = {"small": 1, "full": 3}
# That which NumPy can hold, and that which it cannot
_RATINGS_SHAPES = {
    "small": ((1_000, 500, 20_000), (5_000, 1_000, 100_000)),
    "full": ((5_000, 2_000, 100_000), (50_000, 5_000, 1_000_000)),
}
_RATINGS_SPEED = Target("≥", 20)
_PEER = "NumPy with a mask"


def race_name(size: Size) -> str:
    """Name the case."""
    return (
        f"{fashion_pictures(size, 'float32').name}, {HALS(_K).name}, "
        f"to where {BASELINE} is after {_RACE_ITER[size]} iterations"
    )


def run_race(size: Size) -> Found:
    """Let scikit-learn run, and latentia as many iterations as it needs to catch up.

    Both start at the same NNDSVD, and each is timed once, as it takes long. latentia
    may do half as many iterations again as scikit-learn; if that is not enough, the
    target of the objective tells. Found are both, and after how many iterations
    latentia was there, and near it. The small size has no target of speed.
    """
    A = fashion_pictures(size, "float32").make()
    task = HALS(_K, n_iter=_RACE_ITER[size], start=nndsvd(A, _K))
    peer = timed(partial(fit_scikit_learn, A, task))
    goal = objective(A, *peer.result, task.loss)
    errors = errors_of_latentia(A, replace(task, n_iter=task.n_iter * 3 // 2))
    there = _iterations_to(goal, errors)
    near = _iterations_to(goal * (1 + _NEAR), errors)
    ours = timed(partial(fit_latentia, A, replace(task, n_iter=there)))
    name, reached = race_name(size), {EXCESS: _REACHED_TARGETS[size]}
    methods = judge_timings(
        name,
        {LATENTIA: ours, BASELINE: peer},
        judge=partial(judge, A, task),
        targets=reached | {SPEEDUP: _RACE_SPEED} if size == "full" else reached,
    )
    return Found(
        methods,
        {
            f"{name}, {LATENTIA}": Quantity(there, "iterations"),
            f"{name} and {_NEAR:.1%} above, {LATENTIA}": Quantity(near, "iterations"),
        },
    )


def _iterations_to(goal: float, errors: FloatArray) -> int:
    """Return how many iterations come to ``goal``, or all if none does."""
    reached = errors <= np.sqrt(2 * goal)
    return int(reached.argmax()) if reached.any() else len(errors) - 1


def ratings_limits(size: Size) -> Measures:
    """Time iterations on ratings next to plain NumPy, then alone on a larger matrix.

    Of each kind of update: the milliseconds of an iteration, the ratio of NumPy's to
    latentia's, how far latentia's objective lies above NumPy's, and the extra memory of
    a fit. The small size has no target of speed.
    """
    smaller, larger = (_ratings(*shape) for shape in _RATINGS_SHAPES[size])
    limits: Measures = {}
    for updates in (MULTIPLICATIVE, HALS):
        task = updates(_RATINGS_K, n_iter=_RATINGS_ITER, observed_only=True)
        limits |= _beside_numpy(smaller, task, size)
        limits |= _alone(larger, task, size)
    return limits


def _ratings(m: int, n: int, n_known: int) -> Source[Any]:
    name = f"ratings {m}×{n}, {n_known / 1e6:g}M known, float32"
    return Source(name, partial(_rating_matrix, m, n, n_known))


def _rating_matrix(m: int, n: int, n_known: int) -> Matrix:
    return datasets.make_ratings(m, n, n_known, random_state=0).ratings


def _beside_numpy(source: Source[Any], task: Task, size: Size) -> Measures:
    A = source.make()
    task = prepare(A, task)
    assert task.start is not None
    dense = A.toarray()
    known = dense != 0  # the least rating is 1
    numpy_fit: Any = multiplicative_nmf if task.solver == "mu" else hals_nmf
    runs: dict[str, Callable[[], Factors]] = {
        LATENTIA: partial(fit_latentia, A, task),
        _PEER: partial(numpy_fit, dense, *task.start, n_iter=task.n_iter, known=known),
    }
    ours, peer = interleaved(runs, repeats=_RATINGS_REPEATS[size]).values()
    reached, peer_reached = (
        objective(A, *timing.result, task.loss, observed_only=True)
        for timing in (ours, peer)
    )
    name = f"{source.name}, {task.name}"
    return {
        f"{name}, iteration, {LATENTIA}": _iteration(ours, task),
        f"{name}, iteration, {_PEER}": _iteration(peer, task),
        f"{name}, iteration, × {_PEER}": Quantity(
            peer.median / ours.median, "×", _RATINGS_SPEED if size == "full" else None
        ),
        f"{name}, objective above that of {_PEER}": Quantity(
            (reached - peer_reached) / peer_reached, target=OBJECTIVE_TARGETS[size]
        ),
    }


def _alone(source: Source[Any], task: Task, size: Size) -> Measures:
    A = source.make()
    fit = partial(fit_latentia, A, prepare(A, task))
    (ours,) = interleaved({LATENTIA: fit}, repeats=_RATINGS_REPEATS[size]).values()
    name = f"{source.name}, {task.name}"
    found = {f"{name}, iteration, {LATENTIA}": _iteration(ours, task)}
    target = memory_target(A, task)
    for weighed in weigh(Case(name, source.make, task, {}), A, fit_latentia).values():
        found[f"{name}, extra memory, {LATENTIA}"] = replace(weighed, target=target)
    return found


def _iteration(timing: Timing[Factors], task: Task) -> Quantity:
    return Quantity(1e3 * timing.median / task.n_iter, "ms")


def iteration_limits(size: Size) -> Measures:
    """Set multiplicative updates in relation to the FMA peak and the read bandwidth.

    The rate at which the matrix is read is in GB/s, and in per cent of the bandwidth.
    """
    limits = read_bandwidth()
    (bandwidth,) = limits.values()
    for dtype in get_args(DType):
        source = fashion_pictures(size, dtype)
        A = source.make()
        task = prepare(A, MULTIPLICATIVE(_K))
        name = f"iteration, {source.name}, {task.name}"
        limits |= shares_of_peak(dtype, {name: partial(_rate, A, task)}, {})
        # GFLOP/s, over flop an iteration, times bytes an iteration
        read = limits[name].value / _operations(A, task) * A.nbytes
        limits |= {
            f"{name}, read": Quantity(read, "GB/s"),
            f"{name}, of the read bandwidth": Quantity(
                100 * read / bandwidth.value, "%"
            ),
        }
    return limits


def _rate(A: FloatArray, task: Task) -> float:
    """Fit, and return the flop/s of the iterations and all that is around them."""
    begin = time.perf_counter()
    fit_latentia(A, task)
    return task.n_iter * _operations(A, task) / (time.perf_counter() - begin)


def _operations(A: FloatArray, task: Task) -> float:
    """Count ``A Hᵀ`` and ``Wᵀ A``, and ``W (HHᵀ)`` and ``WᵀW`` next to them."""
    m, n = A.shape
    k = task.n_components
    return float(4 * m * n * k + 4 * m * k * k)


def steps(size: Size) -> Iterator[Step]:
    """List the race, the ratings and the limits."""
    yield Step(race_name(size), partial(run_race, size))
    yield limits_step("ratings", partial(ratings_limits, size))
    yield limits_step(
        "FMA peak, bandwidth and iteration", partial(iteration_limits, size)
    )


NMF = Suite(
    name="nmf",
    quality=EXCESS,
    cases=cases,
    methods=METHODS,
    prepare=prepare,
    judge=judge,
    weigh=weigh,
    targets=targets,
    limits=harder_target,
    steps=steps,
)
