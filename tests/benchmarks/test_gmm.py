"""The mixture suite on tiny matrices: what it measures, judges and leaves out."""

from functools import partial

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from latentia import datasets
from latentia.benchmarks import SUITES
from latentia.benchmarks.gmm import cases as cases_module
from latentia.benchmarks.gmm import iteration, memory, run_gmm, suite
from latentia.benchmarks.gmm.cases import Case, cases
from latentia.benchmarks.gmm.made import made_mixture
from latentia.benchmarks.gmm.methods import (
    DEFAULT_FIT_METHODS,
    ITERATION_METHODS_AND_NUMPY,
    Work,
    fit_latentia,
    fit_scikit_learn,
)
from latentia.benchmarks.gmm.start import short_start
from latentia.benchmarks.gmm.suite import BELOW_BASELINE, LOG_LIKELIHOOD, run_case
from latentia.benchmarks.reference_numpy import em
from latentia.benchmarks.results import BASELINE, LATENTIA, SPEEDUP, Bar

LUMPS = partial(made_mixture, 400, 4, 3, spread=2, variety=0.3)
TYPES = pytest.mark.parametrize(
    "covariance_type", ["full", "tied", "diag", "spherical"]
)


def tiny(covariance_type="full", **changes):
    settings = {
        "name": f"lumps, {covariance_type}",
        "make": LUMPS,
        "n_components": 3,
        "covariance_type": covariance_type,
        "speed_bar": Bar("≥", 2),
        "quality_bar": Bar("±", 1e-6),
        "repeats": 2,
        "reference_repeats": 1,
        "methods": ITERATION_METHODS_AND_NUMPY,
    }
    return Case(**settings | changes)


@TYPES
def test_from_one_start_all_methods_come_to_the_same(covariance_type):
    case = tiny(covariance_type)
    results = run_case(case, case.make())
    compared, references = case.methods
    assert [result.method for result in results] == [*compared, *references]
    medians = {result.method: result.median for result in results}
    for result in results:
        assert len(result.times) == (2 if result.method in compared else 1)
        assert result.measures[LOG_LIKELIHOOD].unit == "nats"
        ratio = medians[BASELINE] / result.median
        assert result.measures[SPEEDUP].value == pytest.approx(ratio)
        if result.method == BASELINE:
            assert BELOW_BASELINE not in result.measures
        else:
            assert abs(result.measures[BELOW_BASELINE].value) < 1e-9


def test_only_latentia_has_bars():
    ours, *others = run_case(tiny(), LUMPS())
    assert ours.method == LATENTIA
    assert ours.measures[SPEEDUP].bar == Bar("≥", 2)
    assert ours.measures[BELOW_BASELINE].bar == Bar("±", 1e-6)
    assert all(q.bar is None for result in others for q in result.measures.values())


def test_a_default_fit_is_run_to_its_end():
    case = tiny(n_iter=None, methods=DEFAULT_FIT_METHODS, quality_bar=Bar("≤", 5e-3))
    ours, peer = run_case(case, LUMPS(dtype="float32"))
    fitted = GaussianMixture(3, random_state=0).fit(LUMPS(dtype="float32"))
    expected = pytest.approx(fitted.score(LUMPS()), rel=1e-4)
    assert peer.measures[LOG_LIKELIHOOD].value == expected
    value = ours.measures[LOG_LIKELIHOOD].value
    peer_value = peer.measures[LOG_LIKELIHOOD].value
    below = ours.measures[BELOW_BASELINE]
    assert below.value == pytest.approx((peer_value - value) / abs(peer_value))
    assert below.met


@TYPES
@pytest.mark.parametrize("fit", [fit_latentia, fit_scikit_learn])
def test_the_set_number_of_iterations_is_run(fit, covariance_type):
    X = LUMPS()
    start = short_start(X, 3, covariance_type)
    for n_iter in (1, 4):
        expected = em(X, start, covariance_type=covariance_type, n_iter=n_iter)
        found = fit(X, Work(3, covariance_type, start, n_iter))
        np.testing.assert_allclose(found.means, expected.means, rtol=1e-9)
        np.testing.assert_allclose(found.covariances, expected.covariances, rtol=1e-7)


@TYPES
def test_short_start_is_near_and_of_the_type_of_the_rows(covariance_type):
    X = LUMPS()
    start = short_start(X, 3, covariance_type)
    again = short_start(X, 3, covariance_type)
    narrow = short_start(X.astype(np.float32), 3, covariance_type)
    for one, other, single in zip(start, again, narrow, strict=True):
        assert (one == other).all()
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, one, rtol=1e-4, atol=1e-5)
    first, *_, last = em(
        X, start, covariance_type=covariance_type, n_iter=50
    ).log_likelihoods
    assert last - 0.2 < first < last


def test_made_mixture_is_seeded_and_has_the_moments_it_should():
    make = partial(made_mixture, 20_000, 3, 2, spread=0, variety=0)
    X = make()
    assert X.shape == (20_000, 3)
    assert (make() == X).all()
    assert (make(seed=1) != X).any()
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(X.T), np.eye(3), atol=0.03)
    narrow = make(dtype="float32")
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, X, rtol=1e-6)


def test_spread_and_variety_widen_the_rows():
    for spread, variety in ((0, 0), (2, 0), (0, 1)):
        X = made_mixture(5000, 4, 8, spread=spread, variety=variety)
        # E ‖x‖² / d, over means and deviations that are random too
        expected = 1 + spread**2 + variety**2
        assert (X**2).mean() == pytest.approx(expected, rel=0.3)


def absent():
    raise FileNotFoundError("no pictures here")


def test_run_leaves_out_what_is_absent(monkeypatch):
    pictures = tiny(name="pictures", make=absent)
    monkeypatch.setattr(suite, "cases", lambda size: [pictures, tiny("diag")])
    monkeypatch.setattr(suite, "fit_memory", lambda size: {})
    monkeypatch.setattr(datasets, "load_fashion_mnist", absent)
    results = SUITES["gmm"]("small", progress=lambda line: None)
    assert {result.case for result in results.methods} == {"lumps, diag"}
    assert results.notes[0] == "pictures is left out. no pictures here"
    assert len(results.notes) == 3  # the iterations, in both types, want them too
    assert set(results.limits) == {"read bandwidth"}
    assert results.quality in results.methods[0].measures


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", ["small", "full"])
def test_iterations_are_set_in_relation_to_the_peak(monkeypatch, dtype, size):
    few = {"small": 500, "full": 600}
    monkeypatch.setattr(cases_module, "N_FASHION_MNIST", few)
    rng = np.random.default_rng(0)
    monkeypatch.setattr(
        cases_module, "fashion_mnist", lambda n: rng.random((n, 60), dtype=np.float32)
    )
    limits = iteration.iteration_limits(size, dtype)
    peak = limits[f"FMA peak, {dtype}"].value
    width = np.dtype(dtype).itemsize
    for matrix in ("overlapping", "Fashion-MNIST components"):
        name = f"EM iteration, {matrix} {few[size]}×50 {dtype}, K=10, full"
        share = limits[f"{name}, of the peak"]
        assert share.value == pytest.approx(100 * limits[name].value / peak)
        has_bar = size == "full" and matrix == "overlapping"
        assert share.bar == (Bar("≥", 60) if has_bar else None)
        # 2 n K d² operations and n d numbers an iteration
        read = limits[f"{name}, read"].value
        assert read == pytest.approx(limits[name].value * width / (2 * 10 * 50))
        assert 0 < limits[f"{name}, responsibilities above ε²"].value <= 100


@pytest.mark.slow
def test_memory_of_a_fit_at_n_and_four_times_n(monkeypatch):
    monkeypatch.setattr(memory, "_N_ROWS", {"small": 2000})
    limits = memory.fit_memory("small")
    if not limits:
        pytest.skip("the system does not tell")
    at_n, at_4n, peer = limits.values()
    assert [name.split(", ")[1] for name in limits] == [
        "made 2000×4 float64",
        "made 8000×4 float64",
        "made 2000×4 float64",
    ]
    assert at_4n.bar == Bar("≤", 1.1 * at_n.value + 1)
    assert at_n.bar is None
    assert peer.bar is None
    assert all(0 <= quantity.value < 64 for quantity in limits.values())


def test_no_memory_where_the_system_does_not_tell(monkeypatch):
    monkeypatch.setattr(memory, "extra_memory", lambda make, run: None)
    assert memory.fit_memory("small") == {}


def test_sizes_have_the_same_cases_and_only_the_full_one_bars_on_speed():
    small, full = cases("small"), cases("full")
    for one, other in zip(small, full, strict=True):
        assert one.methods == other.methods
        assert one.speed_bar is None
        if one.n_iter is not None:
            assert one.quality_bar == other.quality_bar
    assert full[-1].quality_bar == Bar("≤", 5e-3)
    limits = [case.speed_bar.limit for case in full]
    assert limits == [8, 15, 4, 4, 10, 15, 4, 4, 15, 15, 8, 8, 5]


def test_unknown_size():
    with pytest.raises(ValueError, match=r"size must be one of .* got 'huge'"):
        run_gmm("huge", progress=print)
