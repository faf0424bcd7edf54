"""Made-up methods: who is timed how often, and who gets which measures."""

from functools import partial

import pytest
import threadpoolctl

from latentia.benchmarks.comparison import compare, one_blas_thread
from latentia.benchmarks.results import BASELINE, LATENTIA, SPEEDUP, Bar, Quantity


def compared(judge):
    calls = []
    runs = {name: partial(calls.append, name) for name in (LATENTIA, BASELINE, "slow")}
    slow = {"slow": runs.pop("slow")}
    results = compare(
        "case",
        runs,
        slow,
        repeats=3,
        reference_repeats=1,
        judge=judge,
        bars={SPEEDUP: Bar("≥", 2), "error": Bar("≤", 5)},
    )
    return results, calls


def test_each_is_timed_and_judged_and_only_latentia_has_bars():
    results, calls = compared(
        lambda answers: {name: {"error": Quantity(len(name))} for name in answers}
    )
    assert calls[:2] == [LATENTIA, BASELINE]  # the warm-up
    assert {name: calls.count(name) for name in calls} == {
        LATENTIA: 4,
        BASELINE: 4,
        "slow": 2,
    }
    assert [result.method for result in results] == [LATENTIA, BASELINE, "slow"]
    ours, peer, slow = results
    assert [len(result.times) for result in results] == [3, 3, 1]
    assert ours.measures["error"] == Quantity(8, bar=Bar("≤", 5))
    assert ours.measures[SPEEDUP].bar == Bar("≥", 2)
    assert peer.measures == {SPEEDUP: Quantity(1, "×"), "error": Quantity(12)}
    assert slow.measures[SPEEDUP].value == pytest.approx(peer.median / slow.median)


def test_a_measure_may_be_missing():
    (ours, *others), _ = compared(
        lambda answers: {name: {} for name in answers} | {LATENTIA: {"x": Quantity(1)}}
    )
    assert set(ours.measures) == {SPEEDUP, "x"}
    assert all(set(result.measures) == {SPEEDUP} for result in others)


def test_one_blas_thread_and_no_longer():
    def threads():
        infos = threadpoolctl.threadpool_info()
        return [info["num_threads"] for info in infos if info["user_api"] == "blas"]

    before = threads()
    with one_blas_thread():
        assert set(threads()) <= {1}
    assert threads() == before
