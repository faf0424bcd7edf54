"""The NMF suite on tiny matrices: what it measures, judges and leaves out."""

from functools import partial

import numpy as np
import pytest

from latentia import datasets
from latentia.benchmarks import SUITES
from latentia.benchmarks.data import Source
from latentia.benchmarks.nmf import cases as cases_module
from latentia.benchmarks.nmf import iteration, race, ratings, run_nmf, suite
from latentia.benchmarks.nmf.cases import OBJECTIVE_BARS, Case, cases
from latentia.benchmarks.nmf.memory import fit_memory, memory_bar
from latentia.benchmarks.nmf.methods import (
    HALS,
    ITERATION_METHODS_AND_NUMPY,
    KULLBACK_LEIBLER,
    METHODS_WITHOUT_REFERENCES,
    MULTIPLICATIVE,
    errors_of_latentia,
    fit_latentia,
    fit_scikit_learn,
)
from latentia.benchmarks.nmf.objective import EXCESS, OBJECTIVE
from latentia.benchmarks.nmf.start import random_start
from latentia.benchmarks.nmf.suite import MEMORY, run_case
from latentia.benchmarks.reference_numpy import (
    divergence,
    hals_nmf,
    multiplicative_nmf,
    nndsvd,
)
from latentia.benchmarks.results import BASELINE, LATENTIA, SPEEDUP, Bar

WORKS = pytest.mark.parametrize(
    "updates", [MULTIPLICATIVE, HALS, KULLBACK_LEIBLER], ids=lambda w: w(1).name
)


def dense_matrix(m=90, n=40, dtype=np.float64):
    return np.random.default_rng(0).gamma(1, size=(m, n)).astype(dtype)


# Unlike a function of this module, it can be sent to another process.
counts = partial(
    datasets.make_zipf_counts, 90, 40, 900, dtype="float64", random_state=0
)
DENSE, COUNTS = Source("dense", dense_matrix), Source("counts", counts)


def tiny(source=DENSE, updates=MULTIPLICATIVE, **changes):
    settings = {
        "source": source,
        "work": updates(4),
        "speed_bar": Bar("≥", 2),
        "repeats": 2,
        "methods": METHODS_WITHOUT_REFERENCES,
    }
    return Case(**settings | changes)


@WORKS
@pytest.mark.parametrize("source", [DENSE, COUNTS], ids=lambda source: source.name)
def test_from_one_start_none_ends_above_scikit_learn(source, updates):
    case = tiny(source, updates)
    results = run_case(case, source.make())
    assert [result.method for result in results] == [LATENTIA, BASELINE]
    ours, peer = results
    assert ours.case == f"{source.name}, k=4, {updates(4).name.split(', ')[1]}"
    assert len(ours.times) == len(peer.times) == 2
    assert ours.measures[EXCESS].value <= 1e-3
    if updates is not HALS:  # which sweeps more often
        assert abs(ours.measures[EXCESS].value) < 1e-9
    assert EXCESS not in peer.measures


def test_references_take_part():
    case = tiny(methods=ITERATION_METHODS_AND_NUMPY)
    results = run_case(case, dense_matrix())
    compared, references = case.methods
    assert [result.method for result in results] == [*compared, *references]
    medians = {result.method: result.median for result in results}
    for result in results:
        assert len(result.times) == (2 if result.method in compared else 1)
        ratio = medians[BASELINE] / result.median
        assert result.measures[SPEEDUP].value == pytest.approx(ratio)
        if result.method != BASELINE:
            assert abs(result.measures[EXCESS].value) < 1e-9


def test_only_latentia_has_bars():
    ours, *others = run_case(tiny(), dense_matrix())
    assert ours.method == LATENTIA
    assert ours.measures[SPEEDUP].bar == Bar("≥", 2)
    assert ours.measures[EXCESS].bar == OBJECTIVE_BARS["full"]
    assert all(q.bar is None for result in others for q in result.measures.values())


@pytest.mark.parametrize("fit", [fit_latentia, fit_scikit_learn])
@pytest.mark.parametrize("source", [DENSE, COUNTS], ids=lambda source: source.name)
def test_the_set_number_of_iterations_is_run(fit, source):
    A = source.make()
    dense = A if source is DENSE else A.toarray()
    start = random_start(A, 4)
    for n_iter in (1, 5):
        for updates, beta in ((MULTIPLICATIVE, 2), (KULLBACK_LEIBLER, 1)):
            expected = multiplicative_nmf(dense, *start, n_iter=n_iter, beta=beta)
            found = fit(A, updates(4, n_iter=n_iter, start=start))
            np.testing.assert_allclose(found.W, expected.W, rtol=1e-7, atol=1e-12)
            np.testing.assert_allclose(found.H, expected.H, rtol=1e-7, atol=1e-12)


def test_what_is_not_stored_may_be_unknown():
    A, start = counts(), random_start(counts(), 4)
    work = MULTIPLICATIVE(4, n_iter=3, start=start, known_only=True)
    dense = A.toarray()
    expected = multiplicative_nmf(dense, *start, n_iter=3, known=dense != 0)
    np.testing.assert_allclose(fit_latentia(A, work).H, expected.H, rtol=1e-7)


@WORKS
@pytest.mark.parametrize("fit", [fit_latentia, fit_scikit_learn])
def test_a_start_is_not_changed(fit, updates):
    A = dense_matrix()
    start, again = random_start(A, 4), random_start(A, 4)
    fit(A, updates(4, start=start))
    assert (start.W == again.W).all()
    assert (start.H == again.H).all()


def test_memory_is_measured_where_it_is_asked_for():
    ours, peer = run_case(tiny(COUNTS, measure_memory=True), counts())
    if MEMORY in ours.measures:  # the system may not tell
        assert ours.measures[MEMORY].bar == memory_bar(counts(), MULTIPLICATIVE(4))
        assert ours.measures[MEMORY].met
        assert peer.measures[MEMORY].bar is None


def test_memory_bar_knows_factors_and_what_is_stored_and_no_whole_matrix():
    dense, sparse = np.ones((500, 300)), counts()
    factors = 8 * (500 + 300) * 4
    bar = memory_bar(dense, MULTIPLICATIVE(4))
    assert bar == Bar("≤", 32 + 4 * factors / 2**20)
    factors, stored = 8 * (90 + 40) * 4, 900 * (8 + 4) + 91 * 4
    bar = memory_bar(sparse, HALS(4))
    assert bar == Bar("≤", pytest.approx(32 + (4 * factors + 2 * stored) / 2**20))


def test_no_memory_where_the_system_does_not_tell(monkeypatch):
    monkeypatch.setattr(
        "latentia.benchmarks.nmf.memory.extra_memory", lambda make, run: None
    )
    assert fit_memory(DENSE, fit_latentia, HALS(4)) is None


@pytest.fixture
def few_pictures(monkeypatch):
    monkeypatch.setattr(cases_module, "N_FASHION_MNIST", {"small": 120, "full": 150})
    monkeypatch.setattr(
        cases_module,
        "fashion_mnist",
        lambda n: dense_matrix(n, 60, np.float32),
    )
    monkeypatch.setattr(race, "N_ITER", {"small": 12, "full": 15})


@pytest.mark.parametrize(("size", "n_iter"), [("small", 12), ("full", 15)])
def test_race_ends_where_scikit_learn_does(few_pictures, size, n_iter):
    found = race.run_race(size)
    ours, peer = found.methods
    assert [ours.method, peer.method] == [LATENTIA, BASELINE]
    assert ours.case == peer.case == race.race_name(size)
    A = dense_matrix({"small": 120, "full": 150}[size], 60, np.float32)
    start = nndsvd(A, 40)
    target = divergence(A, *hals_nmf(A, *start, n_iter=n_iter))
    assert peer.measures[OBJECTIVE].value == pytest.approx(target, rel=1e-3)
    assert ours.measures[EXCESS].met
    there, near = (int(taken.value) for taken in found.limits.values())
    assert 0 < near <= there <= n_iter
    errors = errors_of_latentia(A, HALS(40, n_iter=n_iter, start=start))
    assert len(errors) == n_iter + 1
    found_target = np.sqrt(2 * peer.measures[OBJECTIVE].value)
    assert errors[there - 1] > found_target >= errors[there] * (1 - 1e-5)
    assert errors[near - 1] ** 2 > 1.001 * found_target**2
    assert ours.measures[SPEEDUP].bar == (Bar("≥", 4) if size == "full" else None)


def test_race_that_is_lost(few_pictures, monkeypatch):
    monkeypatch.setattr(
        race, "errors_of_latentia", lambda A, work: np.full(work.n_iter + 1, np.inf)
    )
    found = race.run_race("small")
    assert [taken.value for taken in found.limits.values()] == [18, 18]


@pytest.mark.parametrize("size", ["small", "full"])
def test_ratings_beside_numpy_and_alone(monkeypatch, size):
    shapes = (40, 30, 500), (60, 50, 700)
    monkeypatch.setattr(ratings, "_SHAPES", {size: shapes})
    monkeypatch.setattr(ratings, "_N_COMPONENTS", 3)
    if size == "full":  # as where the system does not tell, and quick
        monkeypatch.setattr(ratings, "fit_memory", lambda *_: None)
    limits = ratings.ratings_limits(size)
    for updates in ("multiplicative", "HALS"):
        name = f"ratings 40×30, 0.0005M known, float32, k=3, {updates}"
        ours, peer = (
            limits[f"{name}, iteration, {method}"]
            for method in (LATENTIA, "NumPy with a mask")
        )
        assert ours.unit == peer.unit == "ms"
        ratio = limits[f"{name}, iteration, × NumPy with a mask"]
        assert ratio.value == pytest.approx(peer.value / ours.value)
        assert ratio.bar == (Bar("≥", 20) if size == "full" else None)
        assert limits[f"{name}, objective above that of NumPy with a mask"].met
        name = f"ratings 60×50, 0.0007M known, float32, k=3, {updates}"
        assert limits[f"{name}, iteration, {LATENTIA}"].value > 0
        memory = limits.get(f"{name}, extra memory, {LATENTIA}")
        assert memory is None or (size == "small" and memory.met)


def test_iterations_are_set_in_relation_to_the_limits(few_pictures):
    limits = iteration.iteration_limits("small")
    bandwidth = limits["read bandwidth"].value
    for dtype, width in (("float32", 4), ("float64", 8)):
        name = f"iteration, Fashion-MNIST 120×784 {dtype}, k=40, multiplicative"
        rate, read = limits[name], limits[f"{name}, read"]
        peak = limits[f"FMA peak, {dtype}"].value
        share = limits[f"{name}, of the peak"].value
        assert share == pytest.approx(100 * rate.value / peak)
        # 4 m n k + 4 m k² operations and m n numbers an iteration
        bytes_per_operation = 60 * width / (4 * 60 * 40 + 4 * 40 * 40)
        assert read.value == pytest.approx(rate.value * bytes_per_operation)
        share = limits[f"{name}, of the read bandwidth"].value
        assert share == pytest.approx(100 * read.value / bandwidth)


def test_moonshot_is_the_speed_against_another_bar(monkeypatch):
    case = tiny(moonshot=Bar("≥", 1e9))
    monkeypatch.setattr(suite, "cases", lambda size: [case])
    for part in ("run_race", "ratings_limits", "iteration_limits"):
        monkeypatch.setattr(suite, part, absent)
    results = run_nmf("small", progress=lambda line: None)
    ours, _ = results.methods
    moonshot = results.limits[f"{case.name}, {SPEEDUP}, moonshot"]
    assert moonshot.value == ours.measures[SPEEDUP].value
    assert not moonshot.met


def absent(*_):
    raise FileNotFoundError("no pictures here")


def test_run_leaves_out_what_is_absent(monkeypatch):
    pictures = tiny(Source("pictures", absent))
    monkeypatch.setattr(suite, "cases", lambda size: [pictures, tiny()])
    monkeypatch.setattr(suite, "ratings_limits", lambda size: {})
    monkeypatch.setattr(datasets, "load_fashion_mnist", absent)
    results = SUITES["nmf"]("small", progress=lambda line: None)
    assert {result.case for result in results.methods} == {tiny().name}
    assert results.notes[0] == f"{pictures.name} is left out. no pictures here"
    assert len(results.notes) == 3  # the race and the iterations want them too
    assert results.quality in results.methods[0].measures


def test_sizes_have_the_same_cases_and_only_the_full_one_bars_on_speed():
    small, full = cases("small"), cases("full")
    for one, other in zip(small, full, strict=True):
        assert (one.work, one.methods) == (other.work, other.methods)
        assert one.speed_bar is one.moonshot is None
        assert (one.objective_bar.limit, other.objective_bar.limit) == (1e-2, 1e-3)
        assert one.repeats == one.reference_repeats == 1
    limits = [case.speed_bar and case.speed_bar.limit for case in full]
    assert limits == [2.5, 3.5, 3.5, None, None, 3, 4, 10]
    assert full[-1].moonshot == Bar("≥", 20)


def test_unknown_size():
    with pytest.raises(ValueError, match=r"size must be one of .* got 'huge'"):
        run_nmf("huge", progress=print)
