"""The rows suite in parts: limits, made rows, judging, what is left out."""

import multiprocessing
import sys
from functools import partial

import numpy as np
import pytest

import latentia
from latentia.benchmarks.results import LATENTIA, MethodResult, Quantity, Target
from latentia.benchmarks.rows import sources
from latentia.benchmarks.rows.budget import Limit, memory_limit
from latentia.benchmarks.rows.counted import CountedRows
from latentia.benchmarks.rows.larger import Fit, in_child
from latentia.benchmarks.rows.on_dask import (
    DIFFERENCE,
    IN_MEMORY,
    QUALITY,
    SPEEDUP,
    judge_with,
    times_as_fast,
)
from latentia.benchmarks.rows.traffic import WIDTHS, WORKS, Exchanged, described
from latentia.benchmarks.rows.where import (
    FOLDER_VARIABLE,
    made_rows,
    package,
    read_rate,
    require_room,
    scratch,
    write_rows,
)
from latentia.benchmarks.runner import judge_timings
from latentia.benchmarks.timing import Timing
from latentia.rows import as_rows


def test_written_rows_are_the_made_ones(tmp_path):
    path = tmp_path / "rows.npy"
    write_rows(path, 20_000, 5)
    made = made_rows(20_000, 5)
    np.testing.assert_array_equal(np.load(path), made)
    assert made.min() >= 0
    assert read_rate(path).value > 0


def test_more_rows_begin_with_the_same_blocks():
    np.testing.assert_array_equal(made_rows(40_000, 3)[:16_384], made_rows(16_384, 3))


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_scratch_is_gone_afterwards(tmp_path, monkeypatch, error):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "here"))
    try:
        with scratch() as folder:
            (folder / "rows.npy").write_bytes(b"1")
            if error is not None:
                raise error
    except KeyboardInterrupt:
        pass
    assert list((tmp_path / "here").iterdir()) == []


def test_no_room_is_absent_data(tmp_path):
    with pytest.raises(FileNotFoundError, match=FOLDER_VARIABLE):
        require_room(tmp_path, 10**18)


def test_passes_and_rows_are_counted():
    rows = CountedRows(as_rows(made_rows(300, 7)))
    latentia.PCA(2).fit(rows)
    assert rows.tally.passes >= 2
    assert rows.tally.taken >= 1  # the origin of the summary
    read = rows.tally.passes * 300 + rows.tally.taken
    assert rows.tally.n_bytes(rows) == read * 7 * 4


def test_what_reads_through_a_function_is_counted_with_the_rest():
    seen = []
    rows = CountedRows(as_rows(made_rows(30, 7)), watch=lambda: seen.append(1))
    mapped = rows.map(lambda block: block * 2, sparse=False)
    assert mapped.reduce(lambda block, n_threads: len(block)) == 30
    assert rows.tally.passes == len(seen) == 1


def _too_much(limit):
    limit.enter()
    return np.ones(2**27).sum()  # 1 GiB


@pytest.mark.slow
def test_a_limit_is_kept_without_a_group():
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool, pytest.raises(MemoryError):
        pool.apply(_too_much, (Limit(2**28, None),))


def test_the_group_of_a_limit_is_gone_afterwards():
    with memory_limit(2**28) as limit:
        assert limit.n_bytes == 2**28
        if limit.group is not None:
            assert limit.group.is_dir()
    assert limit.group is None or not limit.group.exists()


@pytest.mark.slow
def test_a_fit_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "rows.npy"
    write_rows(path, 20_000, 16)
    fit = Fit("PCA", partial(latentia.PCA, 3, random_state=0))
    with memory_limit(2**30) as limit:
        ran = in_child(fit, path, "1MB", limit)
    assert ran.seconds > 0
    assert ran.bytes_read >= ran.tally.passes * path.stat().st_size * 0.99
    assert 0 <= ran.peak <= 2**30


def test_methods_are_judged_against_the_one_in_memory():
    targets = {SPEEDUP: Target("≥", 0.8), DIFFERENCE: Target("±", 1e-4)}
    seconds = {LATENTIA: 2.5, IN_MEMORY: 2.0, "other": 8.0}
    timings = {name: Timing((one,), one) for name, one in seconds.items()}
    ours, memory, other = judge_timings(
        "case",
        timings,
        judge=judge_with(Quantity),
        targets=targets,
        baseline=IN_MEMORY,
    )
    assert ours.measures[SPEEDUP] == Quantity(0.8, "×", Target("≥", 0.8))
    assert ours.measures[DIFFERENCE] == Quantity(0.25, "", Target("±", 1e-4))
    assert not ours.measures[DIFFERENCE].met
    assert memory.measures == {SPEEDUP: Quantity(1, "×"), QUALITY: Quantity(2.0)}
    assert other.measures[SPEEDUP].value == 0.25


@pytest.mark.parametrize(
    ("others", "ratio"),
    [
        ([(1.0, 1e-2), (5.0, 1e-3), (6.0, 1e-5)], 2.5),  # the fastest as accurate
        ([(1.0, 1e-1), (3.0, 1e-2)], 1.5),  # none is: the most accurate
    ],
)
def test_the_fastest_that_is_as_accurate_is_compared(others, ratio):
    methods = [(2.0, 1e-3), (1.0, 1e-3), *others]  # latentia's, that in memory
    results = [
        MethodResult("case", str(i), (seconds,), {QUALITY: Quantity(excess)})
        for i, (seconds, excess) in enumerate(methods)
    ]
    assert times_as_fast(results) == ratio


def test_constants_follow_from_two_widths():
    work = WORKS[0]
    narrow, wide = (
        Exchanged(1000 + 0.5 * size, 3 * size) for size in map(work.n_bytes, WIDTHS)
    )
    target = Target("≤", 1.05)
    found = described(work, (narrow, wide, wide, narrow), target=target)
    size, more_rows, stealing = found.items()
    assert "1.0 kB + (0.50 in tasks + 3.00 in results)" in size[0]
    assert size[1].value == pytest.approx(wide.total / 1e3)
    assert more_rows[1] == Quantity(1.0, "×", target)
    assert stealing[1].target is None


def test_what_needs_a_missing_package_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(FileNotFoundError, match=r"^It needs zarr: pip install zarr\.$"):
        package("zarr", "zarr")
    name = next(name for name in sources.SOURCES if name.startswith("Zarr"))
    with pytest.raises(FileNotFoundError, match="zarr"):
        sources.SOURCES[name](made_rows(30, 3), tmp_path, "1MB")
