"""The suite on tiny matrices: what it measures, judges and leaves out."""

from dataclasses import replace
from functools import partial

import pytest

from latentia import datasets
from latentia.benchmarks import SUITES
from latentia.benchmarks.results import BASELINE, LATENTIA, SPEEDUP, Bar
from latentia.benchmarks.svd import run_svd, suite
from latentia.benchmarks.svd.cases import Case, cases
from latentia.benchmarks.svd.memory import working_memory
from latentia.benchmarks.svd.methods import PCA_METHODS, SVD_METHODS
from latentia.benchmarks.svd.suite import EXCESS, MEMORY, ORTHONORMALITY, run_case

DENSE = Case(
    "dense",
    partial(datasets.make_decaying, 300, 90, random_state=0),
    speed_bar=Bar("≥", 2),
    excess_bar=Bar("≤", 1e-3),
    rank=5,
    repeats=2,
    reference_repeats=1,
)
COUNTS = Case(
    "counts",
    partial(datasets.make_zipf_counts, 300, 90, 3000, random_state=0),
    speed_bar=None,
    excess_bar=Bar("≤", 1e-3),
    rank=5,
    repeats=2,
    reference_repeats=1,
    centered=True,
    methods=PCA_METHODS,
)


def absent():
    raise FileNotFoundError("no pictures here")


@pytest.mark.parametrize("case", [DENSE, COUNTS], ids=lambda case: case.name)
def test_every_method_is_timed_and_judged(case):
    results = run_case(case, case.make())
    compared, references = case.methods
    assert [result.method for result in results] == [*compared, *references]
    for result in results:
        repeats = case.repeats if result.method in compared else 1
        assert len(result.times) == repeats
        assert set(result.measures) == {SPEEDUP, EXCESS, ORTHONORMALITY}
        assert abs(result.measures[EXCESS].value) < 1e-2
        assert result.measures[ORTHONORMALITY].value < 1e-4
    medians = {result.method: result.median for result in results}
    for result in results:
        expected = medians[BASELINE] / result.median
        assert result.measures[SPEEDUP].value == pytest.approx(expected)


def test_only_latentia_has_bars():
    ours, *others = run_case(DENSE, DENSE.make())
    assert ours.method == LATENTIA
    assert ours.measures[SPEEDUP].bar == Bar("≥", 2)
    assert ours.measures[EXCESS].bar == Bar("≤", 1e-3)
    assert ours.measures[ORTHONORMALITY].bar == Bar("≤", 1e-5)
    assert all(q.bar is None for result in others for q in result.measures.values())


@pytest.mark.slow
def test_memory_is_measured_where_it_is_asked_for():
    ours, peer, *references = run_case(
        replace(DENSE, measure_memory=True), DENSE.make()
    )
    if MEMORY in ours.measures:  # the system may not tell
        assert ours.measures[MEMORY].bar.relation == "≤"
        assert peer.measures[MEMORY].bar is None
    assert all(MEMORY not in result.measures for result in references)


def test_working_memory_is_small_on_a_small_matrix():
    used = working_memory(DENSE, SVD_METHODS.compared[BASELINE], DENSE.make())
    assert used is None or 0 <= used.value < 16


def test_run_leaves_out_what_is_absent(monkeypatch):
    pictures = Case("pictures", absent, None, Bar("≤", 1e-3))
    monkeypatch.setattr(suite, "cases", lambda size: [pictures, DENSE, COUNTS])
    lines = []
    results = SUITES["svd"]("small", progress=lines.append)
    assert {result.case for result in results.methods} == {"dense", "counts"}
    assert results.notes == ("pictures is left out. no pictures here",)
    assert results.notes[0] in lines
    assert results.limits["counts: time over SVD"].value > 0
    for dtype in ("float32", "float64"):
        peak = results.limits[f"FMA peak, {dtype}"]
        fused = results.limits[f"fused pass, 32 columns, {dtype}"]
        share = results.limits[f"fused pass, 32 columns, {dtype}, of the peak"]
        assert share.value == pytest.approx(100 * fused.value / peak.value)
        assert share.bar == Bar("≥", 75)
    assert results.limits["read bandwidth"].value > 0


def test_sizes_have_the_same_cases_and_only_the_full_one_all_bars():
    small, full = cases("small"), cases("full")
    assert [case.methods for case in small] == [case.methods for case in full]
    assert [case.excess_bar for case in small] == [case.excess_bar for case in full]
    assert [case.speed_bar for case in small if case.speed_bar] == [Bar("≥", 1)]
    limits = [case.speed_bar.limit for case in full if case.speed_bar]
    assert limits == [7, 6, 6, 5, 1]


def test_unknown_size():
    with pytest.raises(ValueError, match=r"size must be one of .* got 'huge'"):
        run_svd("huge", progress=print)
