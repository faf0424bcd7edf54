"""What all suites promise, on little data: rows, targets, files; and how they run."""

import math
import pickle
import sys
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from latentia import datasets
from latentia.benchmarks import SUITES, recommend_movielens
from latentia.benchmarks.files import read, write
from latentia.benchmarks.nmf_steps import MASKED
from latentia.benchmarks.peers import compare
from latentia.benchmarks.recommend_movielens import held_out_users, rating_errors
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    SPEEDUP,
    MethodResult,
    Quantity,
    Target,
)
from latentia.benchmarks.runner import Case, Found, Step, Suite, limits_step
from latentia.benchmarks.table import as_short_markdown

ALL = pytest.mark.parametrize("name", list(SUITES))
FACTORISATIONS = ("svd", "gmm", "nmf")


def silent(line):
    pass


class Columns:
    """A classifier that sees the brightness of columns; the first ones are classes."""

    name = "columns"
    classes = np.arange(10)

    def __call__(self, images):
        return images.mean(axis=1).astype(np.float32)

    def predict(self, images):
        return self(images).argmax(axis=1)


def shrink_generation(patch, digits, tiny):
    """Tiny models that train one epoch, examples one step; features of columns."""
    pytest.importorskip("torch")
    pytest.importorskip("PIL")
    from latentia import generative
    from latentia.benchmarks.generative import latent, suite, throughput
    from latentia.benchmarks.generative import trainings as module

    def one_epoch(kind):
        class Quick(kind):
            def fit(self, X, y=None, *, minutes):
                return super().fit(X[:50], *(() if y is None else (y[:50],)), epochs=1)

        Quick.__name__ = kind.__name__
        return lambda **settings: Quick(**{**settings, **tiny})

    patch.delenv(module.CACHE_VARIABLE, raising=False)
    patch.setattr(suite, "load_pictures", lambda size: digits)
    patch.setattr(suite.ClassifierFeatures, "train", lambda *_, **__: Columns())
    for size in ("small", "full"):
        patch.setitem(module.SECONDS, size, 0.01)
    for name in ("ConditionalGAN", "RAE", "VAE"):
        patch.setattr(generative, name, one_epoch(getattr(generative, name)))
    for name, kind in list(latent.MODELS.items()):
        patch.setitem(latent.MODELS, name, one_epoch(kind))
    patch.setattr(throughput, "_latentia", lambda *_: 300.0)
    patch.setattr(throughput, "_plain", lambda *_: 200.0)


def shrink_emoji(patch):
    """Few shapes, small networks, a step."""
    pytest.importorskip("torch")
    from latentia.benchmarks.generative import emoji

    make = datasets.make_shapes
    patch.setattr(datasets, "make_shapes", lambda n, *_, **seed: make(50, 8, **seed))
    patch.setitem(emoji.SECONDS, "small", 0.01)
    for name, model in list(emoji.MODELS.items()):
        tiny = partial(model, preset="tiny", latent_dim=3, network="mlp")
        patch.setitem(emoji.MODELS, name, tiny)


def shrink_rows(patch):
    """Dask without workers, and no other process."""
    da = pytest.importorskip("dask.array")
    for package in ("h5py", "zarr", "distributed"):
        pytest.importorskip(package)
    from latentia.benchmarks.rows import larger, on_dask, sources, traffic
    from latentia.benchmarks.rows.budget import Limit

    patch.delenv("LATENTIA_BENCH_CACHE", raising=False)
    patch.setattr(Limit, "enter", lambda self: None)
    patch.setattr(larger, "in_fresh_process", lambda run, *given: run(*given))
    patch.setitem(larger.SETTINGS, "small", larger.Setting(2000, 2**40, "1MB", 2, 1))
    patch.setitem(on_dask.N_ROWS, "small", 2000)
    patch.setitem(on_dask._COMPRESSED_SHAPE, "small", (400, 80))
    patch.setitem(sources._N_ROWS, "small", 600)
    patch.setattr(traffic, "_of_a_pass", lambda *_: 3000.0)
    for module in (on_dask, sources, traffic):
        patch.setattr(module, "two_workers", lambda *_, **__: nullcontext())
    for module in (on_dask, sources):
        patch.setattr(
            module, "place", lambda _, A: da.from_array(A, chunks=(len(A) // 2, -1))
        )
    patch.setattr(on_dask, "settle", lambda *_: None)


def shrink_peers(patch):
    """The first effort of each; test_peers.py has the search for the least one."""
    for name in ("_MOST_TIMES", "_MOST_SECONDS"):
        patch.setattr(compare, name, 0)
    patch.setattr(compare, "_REPEATS", 1)


def shrink_privacy(patch):
    """Few budgets, few generated images, one epoch."""
    pytest.importorskip("dp_accounting")
    from latentia.benchmarks import privacy

    split = privacy.SETS["digits"]()._replace(n_generated=200, epochs=1)
    patch.setitem(privacy.SETS, "digits", lambda: split)
    patch.setattr(privacy, "EPSILONS", (1.0, math.inf))


SHRINK = {
    "emoji": shrink_emoji,
    "peers": shrink_peers,
    "privacy": shrink_privacy,
    "rows": shrink_rows,
}


@ALL
def test_a_suite_has_all_rows_finite_numbers_and_files(
    name, little_data, digits, tiny, tmp_path
):
    suite = SUITES[name]
    with little_data() as patch:
        if name in ("generation", "latent"):
            shrink_generation(patch, digits, tiny)
        SHRINK.get(name, silent)(patch)
        results = suite("small", progress=silent)
    assert (results.suite, results.size, results.notes) == (name, "small", ())
    assert (results.quality, results.baseline) == (suite.quality, suite.baseline)
    rows = [(result.case, result.method) for result in results.methods]
    assert len(set(rows)) == len(rows)
    cases = {case for case, _ in rows}
    peers = {case: MASKED if "ratings" in case else suite.baseline for case in cases}
    assert {*peers.items()} | {(case, LATENTIA) for case in cases} <= {*rows}
    measured = {
        r.case
        for r in results.methods
        if r.method == LATENTIA
        and {suite.quality, f"objective above {MASKED}'s"} & {*r.measures}
    }
    # Of a file larger than memory, only time and memory are judged
    assert measured == {case for case in cases if " GB" not in case}
    assert all(math.isfinite(quantity.value) for quantity in results.quantities)
    rates = [q.value for q in results.quantities if q.unit.endswith("/s")]
    assert all(rate > 0 for rate in rates)
    for result in results.methods:
        assert min(result.times, default=0) >= 0
        if result.method != LATENTIA:
            assert all(q.target is None for q in result.measures.values())
        elif name in FACTORISATIONS and results.quality in result.measures:
            assert result.measures[results.quality].target is not None
        speed = result.measures.get(SPEEDUP, Quantity(0)).target
        assert speed is None or result.case == "decaying 500×50 float64"
    if name == "recommend":
        check_films(results.limits)
    json_file, _, *pictures = write(results, tmp_path)
    assert read(json_file) == results
    assert len(pictures) == len(results.pictures)
    short = as_short_markdown(results)
    for case, method in rows:
        assert method != results.baseline or f"| {case} | " in short


def check_films(limits):
    of_films = {name: q.value for name, q in limits.items() if "MovieLens" in name}
    rmse = next(value for name, value in of_films.items() if name.endswith(": RMSE"))
    assert 0.3 < rmse < 2
    for model in ("Popularity", "ItemKNN", "EASE", "ImplicitALS"):
        for metric in ("ndcg@15", "recall@15"):
            end = f" held-out users, {model}: {metric}"
            (value,) = (v for name, v in of_films.items() if name.endswith(end))
            assert 0 < value <= 1


@pytest.mark.parametrize("name", [*FACTORISATIONS, "generation", "latent"])
def test_what_needs_fashion_mnist_is_absent_without_it(name, monkeypatch):
    def absent(split="train"):
        raise FileNotFoundError("no pictures here")

    monkeypatch.setattr(datasets, "load_fashion_mnist", absent)
    suite = SUITES[name]
    parts = [case.make for case in suite.cases("small") if "Fashion" in case.name]
    if name not in FACTORISATIONS:
        pytest.importorskip("torch")
        parts = [step.measure for step in suite.steps("full")]
    assert parts
    for part in parts:
        with pytest.raises(FileNotFoundError, match="no pictures here"):
            part()


def test_without_their_file_films_are_absent(monkeypatch):
    monkeypatch.delenv(recommend_movielens.VARIABLE, raising=False)
    for measure in (rating_errors, held_out_users):
        with pytest.raises(FileNotFoundError, match=r"^Set LATENTIA_MOVIELENS to"):
            measure("small")


@pytest.mark.parametrize("name", FACTORISATIONS)
def test_sizes_have_the_same_cases_and_only_the_full_one_all_targets(name):
    suite = SUITES[name]
    small, full = (list(suite.cases(size)) for size in ("small", "full"))
    assert [case.task for case in small] == [case.task for case in full]
    assert [case.references for case in small] == [case.references for case in full]
    for case in (*small, *full):  # as memory is measured in another process
        pickle.dumps((case.make, case.task, *suite.compared(case).values()))
    for one, other in zip(small, full, strict=True):
        wide, narrow = one.targets[suite.quality], other.targets[suite.quality]
        assert wide.relation == narrow.relation
        assert wide.limit >= narrow.limit


@pytest.mark.slow
@ALL
def test_the_small_size_runs_as_it_is(name):
    results = SUITES[name]("small", progress=silent)
    assert results.methods
    data_sets = ("Fashion-MNIST", "MovieLens")
    assert all(any(name in note for name in data_sets) for note in results.notes)


@pytest.mark.parametrize("name", ["generation", "latent"])
def test_without_torch_the_suites_that_need_it_say_so(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    needs = f"^the {name} suite needs torch: pip install torch "
    with pytest.raises(ImportError, match=needs):
        SUITES[name]("small", progress=silent)


# How a suite runs: made-up methods and steps


CASE = Case(
    "case",
    lambda: np.ones((2, 2)),
    None,
    {SPEEDUP: Target("≥", 2), "error": Target("≤", 5)},
    references=("slow",),
    repeats=3,
    reference_repeats=1,
)


def made_suite(calls=None, **settings):
    def method(name, A, task):
        if calls is not None:
            calls.append(name)
        return name

    return Suite(
        name="made",
        quality="error",
        methods={name: partial(method, name) for name in (LATENTIA, BASELINE, "slow")},
        judge=lambda A, task, answers: {
            name: {"error": Quantity(len(answer))} for name, answer in answers.items()
        },
        **settings,
    )


def test_each_is_timed_and_judged_and_only_latentia_has_targets(little_data):
    calls = []
    with little_data():
        ours, peer, slow = made_suite(calls).measure(CASE).methods
    assert calls[:2] == [LATENTIA, BASELINE]  # the warm-up
    assert {name: calls.count(name) for name in calls} == {
        LATENTIA: 4,
        BASELINE: 4,
        "slow": 2,
    }
    assert ours.measures["error"] == Quantity(8, target=Target("≤", 5))
    assert ours.measures[SPEEDUP].target == Target("≥", 2)
    assert peer.measures == {SPEEDUP: Quantity(1, "×"), "error": Quantity(12)}
    assert slow.measures[SPEEDUP].value == pytest.approx(peer.median / slow.median)


def test_memory_is_that_of_the_compared_where_it_is_asked_for(little_data):
    def weigh(case, A, method):
        return {} if method(A, None) == BASELINE else {"memory": Quantity(3.0, "MiB")}

    suite = made_suite(
        weigh=weigh,
        targets=lambda case, A: {"memory": Target("≤", 4)},
        limits=lambda case, A, results: {f"{case.name}: n": Quantity(len(results))},
    )
    with little_data():
        found = suite.measure(replace(CASE, measure_memory=True))
        without = suite.measure(CASE)
    ours, peer, slow = found.methods
    assert ours.measures["memory"] == Quantity(3.0, "MiB", Target("≤", 4))
    # The system does not tell of the peer, and nothing is asked of references
    assert "memory" not in {**peer.measures, **slow.measures}
    assert "memory" not in without.methods[0].measures
    assert found.limits == {"case: n": Quantity(3)}


def test_steps_are_taken_in_turn_and_what_is_absent_is_left_out():
    def absent():
        raise FileNotFoundError("no pictures here")

    def steps(size):
        first = MethodResult("a", "b", (1.0,), {})
        yield Step("first", lambda: Found([first], pictures={"a": b"PNG"}))
        yield Step("pictures", absent)
        yield limits_step(f"{size} limits", lambda: {"peak": Quantity(3.0)})

    lines, kept = [], []
    results = Suite(name="made", quality="error", steps=steps)(
        "full", progress=lines.append, keep=kept.append
    )
    note = "pictures is left out. no pictures here"
    assert lines == ["first", "pictures", note, "full limits"]
    assert results.notes == (note,)
    assert [result.case for result in results.methods] == ["a"]
    assert results.limits == {"peak": Quantity(3.0)}
    assert results.pictures == {"a": b"PNG"}
    assert (results.suite, results.size, results.quality) == ("made", "full", "error")
    assert [(len(one.methods), len(one.notes), len(one.limits)) for one in kept] == [
        (1, 1, 0),
        (1, 2, 0),
        (1, 2, 1),
    ]
    assert {one.notes[-1] for one in kept} == {"The suite had not ended."}
    assert results.baseline == BASELINE
    assert results.date.endswith("+00:00")


def test_steps_are_closed_however_a_suite_ends():
    closed = []

    def interrupt():
        raise KeyboardInterrupt

    def steps(size):
        try:
            yield Step("first", interrupt)
        finally:
            closed.append(size)

    suite = Suite(name="made", quality="error", steps=steps)
    with pytest.raises(KeyboardInterrupt) as caught:
        suite("small", progress=silent)
    assert closed == ["small"]  # though the error still holds the frame
    assert caught


def test_without_the_font_the_emoji_are_left_out(monkeypatch, tmp_path):
    emoji = pytest.importorskip("latentia.benchmarks.generative.emoji")
    monkeypatch.setattr(emoji, "FONT", tmp_path / "none.ttf")
    for step in emoji.steps("full"):
        with pytest.raises(FileNotFoundError, match=r"none\.ttf"):
            step.measure()
