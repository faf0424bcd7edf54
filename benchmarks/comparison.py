"""Methods side by side on one case: timed in turn, then judged."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias, TypeVar

import threadpoolctl

from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    SPEEDUP,
    Bar,
    MethodResult,
    Quantity,
)
from latentia.benchmarks.timing import Timing, interleaved

T = TypeVar("T")

Runs: TypeAlias = Mapping[str, Callable[[], T]]
Measures: TypeAlias = dict[str, Quantity]


def compare(
    case: str,
    compared: Runs[T],
    references: Runs[T],
    *,
    repeats: int,
    reference_repeats: int,
    judge: Callable[[dict[str, T]], Mapping[str, Measures]],
    bars: Mapping[str, Bar],
) -> list[MethodResult]:
    """Time the methods of a case, and judge what they return.

    Parameters
    ----------
    case : str
        Its name.
    compared : mapping of str to callable
        latentia, scikit-learn and whoever runs as often as they do.
    references : mapping of str to callable
        Slow ones, timed less often and among themselves.
    repeats, reference_repeats : int
        Timed runs of each, 1 or more.
    judge : callable
        Takes what each method returned, untimed, and gives the measures of each.
    bars : mapping of str to Bar
        What latentia has to reach, by measure, the speed-up among them.

    Returns
    -------
    list of MethodResult
        One for each of the methods and references, in this order.
    """
    timings = interleaved(compared, repeats=repeats)
    timings |= interleaved(references, repeats=reference_repeats)
    return judge_timings(case, timings, judge=judge, bars=bars)


def judge_timings(
    case: str,
    timings: Mapping[str, Timing[T]],
    *,
    judge: Callable[[dict[str, T]], Mapping[str, Measures]],
    bars: Mapping[str, Bar],
) -> list[MethodResult]:
    """Judge what the methods of a case returned, scikit-learn among them.

    Parameters
    ----------
    case, judge, bars
        As for :func:`compare`.
    timings : mapping of str to Timing
        Of each method.

    Returns
    -------
    list of MethodResult
        One for each of the timings, in this order.
    """
    judged = judge({name: timing.result for name, timing in timings.items()})
    baseline = timings[BASELINE].median
    results = []
    for name, timing in timings.items():
        measures = {SPEEDUP: Quantity(baseline / timing.median, "×")} | judged[name]
        if name == LATENTIA:
            measures = {
                measure: replace(quantity, bar=bars.get(measure))
                for measure, quantity in measures.items()
            }
        results.append(MethodResult(case, name, timing.times, measures))
    return results


def one_blas_thread() -> AbstractContextManager[Any]:
    """Limit every BLAS to one thread within a ``with``.

    NumPy and SciPy may bring a BLAS each, whose threads spin against each other;
    scikit-learn calls both in turn, and on few cores one thread each can be faster.
    """
    limited: AbstractContextManager[Any] = _thread_pools().limit(
        limits=1, user_api="blas"
    )
    return limited


@cache
def _thread_pools() -> threadpoolctl.ThreadpoolController:
    return threadpoolctl.ThreadpoolController()
