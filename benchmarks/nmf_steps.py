"""What the NMF suite measures next to its cases: a race, unknown entries, the limits.

The race: how long latentia takes to where scikit-learn's long fit ends. Ratings: most
entries are unknown, which scikit-learn does not do; the peer is plain NumPy, which uses
all entries and a mask, and so gets a matrix of which it can hold several.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import numpy as np
from sklearn.decomposition._nmf import _initialize_nmf

from latentia import datasets
from latentia.benchmarks import nmf
from latentia.benchmarks.data import DType, Source
from latentia.benchmarks.limits import Kernel, read_bandwidth, shares_of_peak
from latentia.benchmarks.nmf import HALS, MULTIPLICATIVE, OBJECTIVE_TARGETS, Task
from latentia.benchmarks.quality import objective
from latentia.benchmarks.reference_numpy import (
    Factors,
    FloatArray,
    Matrix,
    hals_nmf,
    multiplicative_nmf,
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
from latentia.benchmarks.timing import timed

_K = 40  # components of the race, and of iterations next to the limits

_RACE_ITER = {"small": 40, "full": 200}
# It is to be reached, to within the rounding of float32.
_REACHED_TARGETS = {"small": OBJECTIVE_TARGETS["small"], "full": Target("≤", 1e-5)}
_NEAR = 1e-3

_RATINGS_K, _RATINGS_ITER = 20, 10
# That which NumPy can hold, and that which it cannot
_RATINGS_SHAPES = {
    "small": ((1_000, 500, 20_000), (5_000, 1_000, 100_000)),
    "full": ((5_000, 2_000, 100_000), (50_000, 5_000, 1_000_000)),
}
MASKED = "NumPy with a mask"


def race_name(size: Size) -> str:
    """Name the case."""
    return (
        f"{nmf.fashion_pictures(size, 'float32').name}, {HALS(_K).name}, "
        f"to where {BASELINE} is after {_RACE_ITER[size]} iterations"
    )


def run_race(size: Size) -> Found:
    """Let scikit-learn run, and latentia as many iterations as it needs to catch up.

    Both start at the same NNDSVD, and each is timed once, as it takes long. latentia
    may do half as many iterations again as scikit-learn; if that is not enough, the
    target of the objective tells. Found are both, and after how many iterations
    latentia was there, and near it. The small size has no target of speed.
    """
    A = nmf.fashion_pictures(size, "float32").make()
    start = Factors(*_initialize_nmf(A, _K, "nndsvda", random_state=0))
    task = HALS(_K, n_iter=_RACE_ITER[size], start=start)
    peer = timed(partial(nmf.fit_scikit_learn, A, task))
    goal = objective(A, *peer.result, task.loss)
    errors = nmf.errors_of_latentia(A, replace(task, n_iter=task.n_iter * 3 // 2))
    there = _iterations_to(goal, errors)
    near = _iterations_to(goal * (1 + _NEAR), errors)
    ours = timed(partial(nmf.fit_latentia, A, replace(task, n_iter=there)))
    name, targets = race_name(size), {nmf.ABOVE_BASELINE: _REACHED_TARGETS[size]}
    if size == "full":
        targets[SPEEDUP] = Target("≥", 4)
    methods = judge_timings(
        name,
        {LATENTIA: ours, BASELINE: peer},
        judge=partial(nmf.judge, A, task),
        targets=targets,
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


def _ratings(m: int, n: int, n_known: int) -> Source[Any]:
    name = f"ratings {m}×{n}, {n_known / 1e6:g}M known, float32"
    return Source(name, partial(_rating_matrix, m, n, n_known))


def _rating_matrix(m: int, n: int, n_known: int) -> Matrix:
    return datasets.make_ratings(m, n, n_known, random_state=0).ratings


def _fit_masked(A: Any, task: Task) -> Factors:
    assert task.start is not None
    dense = A.toarray()
    fit: Any = multiplicative_nmf if task.solver == "mu" else hals_nmf
    known = dense != 0  # the least rating is 1
    factors: Factors = fit(dense, *task.start, n_iter=task.n_iter, known=known)
    return factors


def rating_cases(size: Size) -> list[Case]:
    """List the ratings that NumPy can hold; the small size has no target of speed."""
    source = _ratings(*_RATINGS_SHAPES[size][0])
    quality = {f"objective above {MASKED}'s": OBJECTIVE_TARGETS[size]}
    speed = {f"× {MASKED}": Target("≥", 20)} if size == "full" else {}
    return [
        Case(
            f"{source.name}, {task.name}, {task.n_iter} iterations",
            source.make,
            task,
            quality | speed,
            repeats=3 if size == "full" else 1,
        )
        for task in _rating_tasks()
    ]


def _rating_tasks() -> Iterator[Task]:
    for updates in (MULTIPLICATIVE, HALS):
        yield updates(_RATINGS_K, n_iter=_RATINGS_ITER, observed_only=True)


RATINGS = Suite(
    name="ratings",
    quality=f"objective above {MASKED}'s",
    cases=rating_cases,
    methods={LATENTIA: nmf.fit_latentia, MASKED: _fit_masked},
    prepare=nmf.prepare,
    judge=partial(nmf.judge, baseline=MASKED),
    baseline=MASKED,
)


def many_ratings(size: Size) -> Measures:
    """Measure the iterations and the extra memory of a fit that NumPy could not do."""
    source = _ratings(*_RATINGS_SHAPES[size][1])
    A = source.make()
    limits: Measures = {}
    for task in _rating_tasks():
        name = f"{source.name}, {task.name}"
        timing = timed(partial(nmf.fit_latentia, A, nmf.prepare(A, task)))
        limits[f"{name}, iteration, {LATENTIA}"] = Quantity(
            1e3 * timing.median / task.n_iter, "ms"
        )
        case = Case(name, source.make, task, {})
        for weighed in nmf.weigh(case, A, nmf.fit_latentia).values():
            limits[f"{name}, extra memory, {LATENTIA}"] = replace(
                weighed, target=nmf.memory_target(A, task)
            )
    return limits


def iteration_limits(size: Size) -> Measures:
    """Set multiplicative updates in relation to the FMA peak and the read bandwidth.

    The rate at which the matrix is read is in GB/s, and in per cent of the bandwidth.
    """
    limits = read_bandwidth()
    (bandwidth,) = limits.values()
    for dtype in get_args(DType):
        source = nmf.fashion_pictures(size, dtype)
        A = source.make()
        task = nmf.prepare(A, MULTIPLICATIVE(_K))
        name = f"iteration, {source.name}, {task.name}"
        # ``A Hᵀ`` and ``Wᵀ A``, and ``W (HHᵀ)`` and ``WᵀW`` next to them
        operations = task.n_iter * (4 * A.size * _K + 4 * len(A) * _K * _K)
        fit = partial(nmf.fit_latentia, A, task)
        kernel = Kernel(name, fit, operations, task.n_iter * A.nbytes)
        limits |= shares_of_peak(dtype, [kernel])
        share = 100 * limits[f"{name}, read"].value / bandwidth.value
        limits[f"{name}, of the read bandwidth"] = Quantity(share, "%")
    return limits


def steps(size: Size) -> Iterator[Step]:
    """List the race, the ratings and the limits."""
    yield Step(race_name(size), partial(run_race, size))
    yield from RATINGS.case_steps(size)
    yield limits_step("ratings, many", partial(many_ratings, size))
    yield limits_step(
        "FMA peak, bandwidth and iteration", partial(iteration_limits, size)
    )


NMF = Suite(
    name="nmf",
    quality=nmf.ABOVE_BASELINE,
    cases=nmf.cases,
    methods=nmf.METHODS,
    prepare=nmf.prepare,
    judge=nmf.judge,
    weigh=nmf.weigh,
    targets=nmf.targets,
    steps=steps,
)
