"""Time latentia and its peers in turn, each with the effort that equal quality needs.

A peer runs with more and more effort (iterations, or a tighter tolerance) until it is
as good as latentia. That effort is then timed. A peer that is never as good is timed
with the last effort that was tried, and its quality shows it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias

from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Target,
)
from latentia.benchmarks.runner import Answers, Case, Found, Suite, judge_timings
from latentia.benchmarks.timing import interleaved, timed

SHORTFALL = "shortfall"
"""How much worse an answer is, by the measure of its family; low is good."""

ITERATIONS = "iterations"
TOLERANCE = "tolerance"

_MOST_TIMES, _MOST_SECONDS = 10, 1
"""A search for the effort ends where a run takes longer than both."""

_REPEATS = 3

JudgeOf: TypeAlias = Callable[[Any, Any], Callable[[Answers], Mapping[str, Measures]]]


class Peer(NamedTuple):
    """A method of another library.

    ``fit(module, A, task, effort)`` returns what the suite's own methods return; it
    raises NotImplementedError where the library does not do such a task.
    """

    module: str
    fit: Callable[[Any, Any, Any, Any], Any]
    efforts: Iterable[float] = (0,)
    unit: str = ITERATIONS


class Family(NamedTuple):
    """A suite of factorisations, its peers, and when one of them is as good.

    ``judge(A, task)`` returns what judges answers: ``measure`` is the shortfall, and up
    to the target of a case a peer counts as equally good.
    """

    suite: Suite
    peers: Mapping[str, Peer]
    judge: JudgeOf
    measure: str


def compare(family: Family, case: Case) -> Found:
    """Time a case with all peers that are installed."""
    A = case.make()
    task = family.suite.prepare(A, case.task)
    judge = family.judge(A, task)
    own = partial(family.suite.methods[LATENTIA], A, task)
    answer = own()
    seconds, limit = timed(own).median, case.targets[family.suite.quality].limit
    runs: dict[str, Callable[[], Any]] = {LATENTIA: own}
    efforts: dict[str, Measures] = {LATENTIA: {}}
    missing, notes = [], []

    def is_as_good(name: str, found: Any) -> bool:
        judged = judge({LATENTIA: answer, name: found})[name]
        return judged[family.measure].value <= limit

    for name, peer in family.peers.items():
        try:
            module = import_module(peer.module)
            chosen = least_effort(
                partial(peer.fit, module, A, task),
                peer.efforts,
                partial(is_as_good, name),
                most=max(_MOST_TIMES * seconds, _MOST_SECONDS),
            )
        except NotImplementedError:
            continue
        except ImportError:
            missing.append(MethodResult(case.name, name, (), {}))
            continue
        except Exception as error:  # whatever another library raises
            notes.append(f"{case.name}: {name} failed, {type(error).__name__}")
            continue
        runs[name] = partial(peer.fit, module, A, task, chosen)
        efforts[name] = {peer.unit: Quantity(chosen)} if chosen else {}

    def judge_all(answers: Answers) -> Mapping[str, Measures]:
        judged = judge(answers)
        return {
            name: {SHORTFALL: judged[name].get(family.measure, Quantity(0)), **effort}
            for name, effort in efforts.items()
        }

    timings = interleaved(runs, repeats=_REPEATS)
    results = judge_timings(case.name, timings, judge=judge_all, targets={})
    limits = fastest_peer(case.name, results, limit)
    return Found([*results, *missing], limits, notes=notes)


def least_effort(
    fit: Callable[[float], Any],
    efforts: Iterable[float],
    is_as_good: Callable[[Any], bool],
    *,
    most: float,
) -> float:
    """Return the first effort whose answer is as good, or the last that was tried.

    None is tried after one that took more than ``most`` seconds.
    """
    effort = 0.0
    for effort in efforts:
        timing = timed(partial(fit, effort))
        if is_as_good(timing.result) or timing.median > most:
            break
    return effort


def fastest_peer(case: str, results: list[MethodResult], limit: float) -> Measures:
    """Name the fastest peer that is as good, and its time over latentia's."""
    ours, *peers = results
    good = [peer for peer in peers if peer.measures[SHORTFALL].value <= limit]
    if not good:
        return {}
    fastest = min(good, key=lambda peer: peer.median)
    ratio = Quantity(fastest.median / ours.median, "×", Target("≥", 1))
    return {f"{case}: fastest peer as good, {fastest.method}: time over ours": ratio}
