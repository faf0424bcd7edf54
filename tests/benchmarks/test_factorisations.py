"""The suites of factorisations on tiny matrices: starts, methods, judges, limits."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.decomposition._nmf import _initialize_nmf

from latentia import datasets
from latentia.benchmarks import SUITES, gmm, nmf, nmf_steps, svd
from latentia.benchmarks.data import gaussian_rows
from latentia.benchmarks.gmm import BELOW_BASELINE, LOG_LIKELIHOOD
from latentia.benchmarks.limits import Kernel, shares_of_peak
from latentia.benchmarks.nmf import (
    ABOVE_BASELINE,
    HALS,
    KULLBACK_LEIBLER,
    MULTIPLICATIVE,
    OBJECTIVE,
)
from latentia.benchmarks.reference_numpy import Factors, divergence, hals_nmf
from latentia.benchmarks.results import BASELINE, LATENTIA, SPEEDUP, Quantity, Target
from latentia.benchmarks.runner import Case

CLUSTERS = partial(gaussian_rows, 400, 4, 3, spread=2, variety=0.3)
COUNTS = partial(
    datasets.make_zipf_counts, 90, 40, 900, dtype="float64", random_state=0
)
DECAYING = partial(datasets.make_decaying, 300, 90, random_state=0)
TYPES = pytest.mark.parametrize(
    "covariance_type", ["full", "tied", "diag", "spherical"]
)
UPDATES = pytest.mark.parametrize(
    "updates", [MULTIPLICATIVE, HALS, KULLBACK_LEIBLER], ids=lambda task: task(1).name
)


def dense(m=90, n=40, dtype=np.float64):
    return np.random.default_rng(0).gamma(1, size=(m, n)).astype(dtype)


def answers_of(suite, make, task, methods=None):
    """Run methods from the start that they share, and judge their answers."""
    A = make()
    task = suite.prepare(A, task)
    methods = methods or suite.methods
    answers = {name: suite.methods[name](A, task) for name in methods}
    return suite.judge(A, task, answers)


@pytest.mark.parametrize("task", [svd.Task(5), svd.Task(5, centered=True)])
@pytest.mark.parametrize("make", [DECAYING, COUNTS])
def test_every_svd_is_near_the_best(task, make):
    # NumPy's subspace iteration does not centre
    methods = [m for m in svd.METHODS if not (task.centered and "subspace" in m)]
    judged = answers_of(SUITES["svd"], make, task, methods)
    for name, measures in judged.items():
        limit = 3e-4 if "Krylov" in name else 1e-2
        assert abs(measures[svd.ABOVE_BEST].value) < limit
        assert measures[svd.ORTHONORMALITY].value < 1e-4


@TYPES
def test_from_one_start_all_mixtures_come_to_the_same(covariance_type):
    judged = answers_of(SUITES["gmm"], CLUSTERS, gmm.Task(3, covariance_type))
    assert BELOW_BASELINE not in judged.pop(BASELINE)
    for measures in judged.values():
        assert measures[LOG_LIKELIHOOD].unit == "nats"
        assert abs(measures[BELOW_BASELINE].value) < 1e-9


@UPDATES
@pytest.mark.parametrize("make", [dense, COUNTS])
def test_from_one_start_no_nmf_ends_above_scikit_learn(make, updates):
    methods = [LATENTIA, BASELINE]
    if make is dense and updates is MULTIPLICATIVE:
        methods = list(nmf.METHODS)
    judged = answers_of(SUITES["nmf"], make, updates(4), methods)
    assert ABOVE_BASELINE not in judged.pop(BASELINE)
    for measures in judged.values():
        assert measures[ABOVE_BASELINE].value <= 1e-3
        if updates is not HALS:  # which sweeps more often
            assert abs(measures[ABOVE_BASELINE].value) < 1e-9


def test_made_mixture_is_seeded_and_has_the_moments_it_should():
    make = partial(gaussian_rows, 20_000, 3, 2, spread=0, variety=0)
    X, narrow = make(), make(dtype="float32")
    assert (make() == X).all()
    assert (make(seed=1) != X).any()
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(X.T), np.eye(3), atol=0.03)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, X, rtol=1e-6)


@pytest.mark.slow
def test_memory_of_methods_is_small_on_small_matrices():
    for module, make, task in ((svd, DECAYING, svd.Task(5)), (nmf, COUNTS, HALS(4))):
        case = Case("case", make, task, {})
        for method in (LATENTIA, BASELINE):
            found = module.weigh(case, make(), module.METHODS[method])
            assert all(0 <= quantity.value < 16 for quantity in found.values())


@pytest.mark.parametrize("size", ["small", "full"])
def test_race_ends_where_scikit_learn_does(little_data, size):
    with little_data() as patch:
        found = nmf_steps.run_race(size)
        A = nmf.fashion_pictures(size, "float32").make()
        patch.setattr(
            nmf_steps.nmf, "errors_of_latentia", lambda A, task: np.full(9, np.inf)
        )
        lost = nmf_steps.run_race(size)
    ours, peer = found.methods
    assert (ours.method, peer.method) == (LATENTIA, BASELINE)
    start = Factors(*_initialize_nmf(A, 40, "nndsvda", random_state=0))
    goal = divergence(A, *hals_nmf(A, *start, n_iter=13))
    assert peer.measures[OBJECTIVE].value == pytest.approx(goal, rel=1e-3)
    there, near = (int(taken.value) for taken in found.limits.values())
    assert 0 < near <= there <= 13
    errors = nmf.errors_of_latentia(A, HALS(40, n_iter=13, start=start))
    reached = np.sqrt(2 * peer.measures[OBJECTIVE].value)
    assert errors[there - 1] > reached >= errors[there] * (1 - 1e-5)
    assert errors[near - 1] ** 2 > 1.001 * reached**2
    assert ours.measures[ABOVE_BASELINE].met
    speed = ours.measures[SPEEDUP].target
    assert speed == (Target("≥", 4) if size == "full" else None)
    assert [taken.value for taken in lost.limits.values()] == [8, 8]


def test_kernels_are_set_in_relation_to_the_peak(little_data):
    kernel = Kernel("kernel", lambda: None, 3e3, 2e3, Target("≥", 60))
    with little_data():
        peak, rate, share, read = shares_of_peak("float32", [kernel]).values()
    assert share == Quantity(
        pytest.approx(100 * rate.value / peak.value), "%", Target("≥", 60)
    )
    assert read.value == pytest.approx(rate.value * 2 / 3)


def test_pca_is_set_in_relation_to_svd(little_data):
    case = Case("case", COUNTS, svd.Task(5, centered=True), {}, repeats=1)
    with little_data():
        over = svd.time_over_svd(case, COUNTS(), [])
    assert over["case: time over SVD"].target == Target("≤", 1.3)
    assert svd.time_over_svd(replace(case, task=svd.Task(5)), COUNTS(), []) == {}
