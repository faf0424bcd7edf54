"""The rows suite in parts: limits, made rows, judging, what is left out."""

import multiprocessing
import sys
from functools import partial

import numpy as np
import pytest

import latentia
from latentia.benchmarks.results import MethodResult, Quantity
from latentia.benchmarks.rows import sources
from latentia.benchmarks.rows.budget import Limit, memory_limit
from latentia.benchmarks.rows.counted import CountedRows
from latentia.benchmarks.rows.larger import Fit, in_child
from latentia.benchmarks.rows.on_dask import (
    QUALITY,
    times_as_fast,
)
from latentia.benchmarks.rows.where import (
    FOLDER_VARIABLE,
    made_rows,
    package,
    read_rate,
    require_room,
    scratch,
    write_rows,
)
from latentia.rows import as_rows


def test_written_rows_are_the_made_ones(tmp_path):
    path = tmp_path / "rows.npy"
    write_rows(path, 20_000, 5)
    made = made_rows(20_000, 5)
    np.testing.assert_array_equal(np.load(path), made)
    assert made.min() >= 0
    assert read_rate(path).value > 0


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


def _too_much(limit):
    limit.enter()
    return np.ones(2**27).sum()  # 1 GiB


@pytest.mark.slow
def test_a_limit_is_kept_without_a_group():
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool, pytest.raises(MemoryError):
        pool.apply(_too_much, (Limit(2**28, None),))


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


def test_what_needs_a_missing_package_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(FileNotFoundError, match=r"^It needs zarr: pip install .*zarr"):
        package("zarr", "files")
    name = next(name for name in sources.SOURCES if name.startswith("Zarr"))
    with pytest.raises(FileNotFoundError, match="zarr"):
        sources.SOURCES[name](made_rows(30, 3), tmp_path, "1MB")
