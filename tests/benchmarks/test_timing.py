"""The order of interleaved runs, and peaks of memory that are known."""

import sys
from functools import partial

import numpy as np
import pytest
import threadpoolctl

from latentia.benchmarks import timing
from latentia.benchmarks.timing import (
    MIB,
    extra_memory,
    in_fresh_process,
    interleaved,
    one_blas_thread,
)

# What the interpreter takes to make the call; and the kernel counts in batches, which
# may leave some out.
MORE, LESS = 6 * MIB, MIB


def test_interleaved_rotates_the_order_after_a_warm_up(monkeypatch):
    calls = []
    monkeypatch.setattr(timing, "_PAUSE", 0.001)
    functions = {name: partial(calls.append, name) for name in "ABC"}
    timings = interleaved(functions, repeats=4)
    assert "".join(calls) == "ABC" + "ABC" + "BCA" + "CAB" + "ABC"
    assert list(timings) == ["A", "B", "C"]
    assert all(len(timing.times) == 4 for timing in timings.values())
    assert all(seconds >= 0 for timing in timings.values() for seconds in timing.times)


def test_the_last_result_is_kept(monkeypatch):
    monkeypatch.setattr(timing, "_PAUSE", 0)
    count = iter(range(10))
    found = interleaved({"count": lambda: next(count)}, repeats=3)["count"]
    assert found.result == 3


def test_one_blas_thread_and_no_longer():
    def threads():
        infos = threadpoolctl.threadpool_info()
        return [info["num_threads"] for info in infos if info["user_api"] == "blas"]

    before = threads()
    with one_blas_thread():
        assert set(threads()) <= {1}
    assert threads() == before


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@linux
@pytest.mark.parametrize(
    ("run", "size"),
    [
        (partial(np.tile, reps=2), 64 * MIB),  # the result counts, the data do not
        (np.var, 32 * MIB),  # makes an array of the data's size, and frees it
    ],
)
def test_peaks_of_memory(run, size):
    peak = timing._peak_above_start(partial(np.full, 4 * MIB, 1.0), run)
    assert size - LESS <= peak <= size + MORE


@linux
def test_memory_is_measured_in_a_process_of_its_own():
    found = extra_memory(partial(np.full, 4 * MIB, 1.0), partial(np.tile, reps=2))
    assert found.unit == "MiB"
    assert 63 <= found.value <= 70
    with pytest.raises(TypeError):
        in_fresh_process(len, 3)


def test_no_memory_where_the_system_keeps_no_peak(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert extra_memory(int, float) is None
