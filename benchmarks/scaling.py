"""The scaling suite: how times grow with rows, features, components and threads.

One of them changes at a time, the others stay. latentia and scikit-learn alternate on
the same data, with the same limit on the threads of BLAS and OpenMP.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import threadpoolctl

from latentia import datasets, plots
from latentia.benchmarks import gmm, nmf, svd
from latentia.benchmarks.data import gaussian_rows
from latentia.benchmarks.machine import describe
from latentia.benchmarks.results import BASELINE, LATENTIA, Quantity, Size
from latentia.benchmarks.runner import Found, Method, Step, judge_timings
from latentia.benchmarks.timing import interleaved

_REPEATS: dict[Size, int] = {"small": 1, "full": 3}
_ITERATIONS = 10


class Shape(NamedTuple):
    """Rows, features, components and threads: what a panel varies."""

    rows: int
    features: int
    components: int
    threads: int


class Growing(NamedTuple):
    """A task whose data have any shape, and the shape at which the four others stay.

    ``make(shape)`` returns the data and the task that the methods get.
    """

    make: Callable[[Shape], tuple[Any, Any]]
    methods: dict[str, Method]
    middle: dict[Size, Shape]


def _decaying(shape: Shape) -> Any:
    return datasets.make_decaying(shape.rows, shape.features, random_state=0)


def _svd(shape: Shape, *, centered: bool) -> tuple[Any, svd.Task]:
    return _decaying(shape), svd.Task(shape.components, centered)


def _nmf(shape: Shape) -> tuple[Any, nmf.Task]:
    A = np.abs(_decaying(shape))
    return A, nmf.prepare(A, nmf.HALS(shape.components, n_iter=_ITERATIONS))


def _gmm(shape: Shape) -> tuple[Any, gmm.Task]:
    n, d, K = shape[:3]
    X = gaussian_rows(n, d, K, spread=0.5, variety=0.3)
    return X, gmm.prepare(X, gmm.Task(K, "full", n_iter=_ITERATIONS))


_SMALL = Shape(400, 40, 4, 1)
TASKS = {
    "Truncated SVD": Growing(
        partial(_svd, centered=False),
        svd.METHODS,
        {"small": _SMALL, "full": Shape(10_000, 500, 20, 1)},
    ),
    "PCA of a tall table": Growing(
        partial(_svd, centered=True),
        svd.METHODS,
        {"small": _SMALL, "full": Shape(20_000, 200, 20, 1)},
    ),
    f"NMF by HALS, {_ITERATIONS} iterations": Growing(
        _nmf,
        nmf.METHODS,
        {"small": _SMALL, "full": Shape(6_000, 400, 20, 1)},
    ),
    f"Gaussian mixture, full, {_ITERATIONS} iterations": Growing(
        _gmm,
        gmm.METHODS,
        {"small": Shape(400, 10, 4, 1), "full": Shape(10_000, 20, 10, 1)},
    ),
}


def points(middle: Shape, quantity: str) -> list[Shape]:
    """Return a shape with one of its numbers at half of it, at it, twice and 4 times.

    Of threads there are as many as the process may use cores, at most.
    """
    value = getattr(middle, quantity)
    values = [value // 2, value, 2 * value, 4 * value]
    if quantity == "threads":
        values = [n for n in (1, 2, 4, 8) if n <= max(describe().cores, 2)]
    return [middle._replace(**{quantity: value}) for value in values]


def steps(size: Size) -> Iterator[Step]:
    """List every panel of the figure, and then the figure."""
    times: dict[str, dict[str, dict[str, dict[int, float]]]] = {}
    for title, task in TASKS.items():
        panels = times.setdefault(title, {})
        for quantity in Shape._fields:
            curves = panels.setdefault(quantity, {LATENTIA: {}, BASELINE: {}})
            for shape in points(task.middle[size], quantity):
                value = getattr(shape, quantity)
                name = f"{title}, {quantity} {value}"
                run = partial(_run, name, task, shape, size, value, curves)
                yield Step(name, run)
    yield Step("figure", lambda: Found(pictures={"curves": _figure(times)}))


def _run(
    name: str,
    task: Growing,
    shape: Shape,
    size: Size,
    value: int,
    curves: dict[str, dict[int, float]],
) -> Found:
    A, given = task.make(shape)
    runs = {method: partial(task.methods[method], A, given) for method in curves}
    with threadpoolctl.threadpool_limits(shape.threads):
        timings = interleaved(runs, repeats=_REPEATS[size])
    for method, timing in timings.items():
        curves[method][value] = timing.median
    described = {field: Quantity(n) for field, n in shape._asdict().items()}
    judged = dict.fromkeys(curves, described)
    return Found(judge_timings(name, timings, judge=lambda _: judged, targets={}))


def _figure(times: Any) -> bytes:
    return plots.png(plots.scaling_curves(times))
