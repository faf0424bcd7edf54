"""The same work where the rows are, and in memory: timed in turn, then judged."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from latentia.benchmarks.results import LATENTIA, Bar, MethodResult, Quantity
from latentia.benchmarks.timing import Timing

T = TypeVar("T")

IN_MEMORY = "in memory"
"""latentia too: the baseline of this suite."""

SPEEDUP = f"× {IN_MEMORY}"
QUALITY = "quality"
DIFFERENCE = f"difference from {IN_MEMORY}"

Judge = Callable[[T], Quantity]


def judged(
    case: str,
    timings: Mapping[str, Timing[T]],
    judge: Judge[T],
    bars: Mapping[str, Bar],
) -> list[MethodResult]:
    """Judge what the methods of a case returned, that in memory among them.

    Parameters
    ----------
    case : str
        Its name.
    timings : mapping of str to Timing
        Of each method.
    judge : callable
        Gives the quality of what a method returned.
    bars : mapping of str to Bar
        What latentia has to reach, by measure.

    Returns
    -------
    list of MethodResult
        One for each of the timings, in this order.
    """
    qualities = {name: judge(timing.result) for name, timing in timings.items()}
    baseline = timings[IN_MEMORY].median
    results = []
    for name, timing in timings.items():
        measures = {
            SPEEDUP: Quantity(baseline / timing.median, "×"),
            QUALITY: qualities[name],
        }
        if name == LATENTIA:
            measures[DIFFERENCE] = _difference(qualities[name], qualities[IN_MEMORY])
            measures = {
                measure: replace(quantity, bar=bars.get(measure))
                for measure, quantity in measures.items()
            }
        results.append(MethodResult(case, name, timing.times, measures))
    return results


def _difference(ours: Quantity, theirs: Quantity) -> Quantity:
    """Return how far it is away, as a part of what is above 1."""
    scale = max(abs(theirs.value), 1.0)
    return Quantity((ours.value - theirs.value) / scale)
