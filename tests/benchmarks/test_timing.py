"""The order of interleaved runs, and peaks of memory that are known."""

import sys
from functools import partial

import numpy as np
import pytest

from latentia.benchmarks.timing import Timing, interleaved, peak_extra_memory

MIB = 2**20

# What the interpreter takes to make the call; and the kernel counts in batches, which
# may leave some out.
MORE, LESS = 6 * MIB, MIB


def test_interleaved_rotates_the_order_after_a_warm_up():
    calls = []
    functions = {name: partial(calls.append, name) for name in "ABC"}
    timings = interleaved(functions, repeats=4)
    assert "".join(calls) == "ABC" + "ABC" + "BCA" + "CAB" + "ABC"
    assert list(timings) == ["A", "B", "C"]
    assert all(len(timing.times) == 4 for timing in timings.values())
    assert all(seconds >= 0 for timing in timings.values() for seconds in timing.times)


def test_the_last_result_is_kept():
    count = iter(range(10))
    timing = interleaved({"count": lambda: next(count)}, repeats=3)["count"]
    assert timing.result == 3


def test_median():
    assert Timing((3.0, 1.0, 2.0), None).median == 2.0
    assert Timing((1.0, 2.0), None).median == 1.5


def test_nothing_to_time():
    assert interleaved({}, repeats=1) == {}


def test_no_repeats():
    with pytest.raises(ValueError, match="repeats must be at least 1, got 0"):
        interleaved({"A": int}, repeats=0)


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@linux
def test_memory_of_the_result_counts_and_that_of_the_data_does_not():
    build = partial(np.full, 4 * MIB, 1.0)
    peak = peak_extra_memory(build, partial(np.tile, reps=2))
    assert 64 * MIB - LESS <= peak <= 64 * MIB + MORE


@linux
def test_memory_freed_before_the_return_counts():
    # The variance makes an array of the data's size and returns a number.
    peak = peak_extra_memory(partial(np.full, 4 * MIB, 1.0), np.var)
    assert 32 * MIB - LESS <= peak <= 32 * MIB + MORE


@linux
def test_errors_of_the_function_are_raised():
    with pytest.raises(TypeError):
        peak_extra_memory(int, len)


def test_no_memory_where_the_system_keeps_no_peak(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert peak_extra_memory(int, float) is None
