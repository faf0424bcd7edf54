"""The NMF suite: latentia, scikit-learn and plain NumPy from the same start."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from latentia.benchmarks.comparison import Measures, compare
from latentia.benchmarks.nmf.cases import Case, cases
from latentia.benchmarks.nmf.iteration import iteration_limits
from latentia.benchmarks.nmf.memory import fit_memory, memory_bar
from latentia.benchmarks.nmf.methods import Method, Work
from latentia.benchmarks.nmf.objective import EXCESS, judge
from latentia.benchmarks.nmf.race import race_name, run_race
from latentia.benchmarks.nmf.ratings import ratings_limits
from latentia.benchmarks.nmf.start import random_start
from latentia.benchmarks.reference_numpy import Factors, Matrix
from latentia.benchmarks.results import (
    LATENTIA,
    SPEEDUP,
    MethodResult,
    Quantity,
    Results,
    Size,
)
from latentia.benchmarks.runner import Found, Progress, Step, limits_step, run_suite

MEMORY = "extra memory"


def run_nmf(size: Size, *, progress: Progress) -> Results:
    """Run the suite: seconds at the small size, minutes at the full one.

    Parameters
    ----------
    size : {"small", "full"}
    progress : callable
        Called with a line of text as each step begins.

    Returns
    -------
    Results
        What needs data that are not on this machine is left out, with a note.

    Raises
    ------
    ValueError
        If ``size`` is another.
    """
    return run_suite("nmf", _steps, size, quality=EXCESS, progress=progress)


def _steps(size: Size) -> Iterator[Step]:
    for case in cases(size):
        yield Step(case.name, partial(_run_case, case))
    yield Step(race_name(size), partial(run_race, size))
    yield limits_step("ratings", partial(ratings_limits, size))
    yield limits_step(
        "FMA peak, bandwidth and iteration", partial(iteration_limits, size)
    )


def _run_case(case: Case) -> Found:
    methods = run_case(case, case.source.make())
    if case.moonshot is None:
        return Found(methods)
    ours = next(result for result in methods if result.method == LATENTIA)
    speedup = replace(ours.measures[SPEEDUP], bar=case.moonshot)
    return Found(methods, {f"{case.name}, {SPEEDUP}, moonshot": speedup})


def run_case(case: Case, A: Matrix) -> list[MethodResult]:
    """Time a case's methods on its matrix, and judge what they return.

    Parameters
    ----------
    case : Case
    A : array or sparse matrix of shape (m, n)
        What ``case.source.make()`` returned.

    Returns
    -------
    list of MethodResult
        One for each of the methods and references, in this order.
    """
    work = started(case, A)
    bars = {EXCESS: case.objective_bar, MEMORY: memory_bar(A, work)}
    return compare(
        case.name,
        _runs(case.methods.compared, A, work),
        _runs(case.methods.references, A, work),
        repeats=case.repeats,
        reference_repeats=case.reference_repeats,
        judge=partial(_judge, case, A, work),
        bars=bars if case.speed_bar is None else bars | {SPEEDUP: case.speed_bar},
    )


def started(case: Case, A: Matrix) -> Work:
    """Give the work of a case the start that all methods share."""
    return replace(case.work, start=random_start(A, case.work.n_components))


def _runs(
    methods: Mapping[str, Method], A: Matrix, work: Work
) -> dict[str, partial[Factors]]:
    return {name: partial(method, A, work) for name, method in methods.items()}


def _judge(
    case: Case, A: Matrix, work: Work, answers: dict[str, Factors]
) -> dict[str, Measures]:
    judged = judge(A, work, answers)
    weighed = case.methods.compared if case.measure_memory else {}
    for name, method in weighed.items():
        memory: Quantity | None = fit_memory(case.source, method, work)
        if memory is not None:
            judged[name][MEMORY] = memory
    return judged
