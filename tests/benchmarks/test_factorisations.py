"""The suites of factorisations on tiny matrices: starts, methods, judges, limits."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from latentia import datasets
from latentia.benchmarks import SUITES, gmm, nmf, nmf_steps, svd
from latentia.benchmarks.data import gaussian_rows
from latentia.benchmarks.gmm import BELOW_BASELINE, LOG_LIKELIHOOD
from latentia.benchmarks.nmf import (
    EXCESS,
    HALS,
    KULLBACK_LEIBLER,
    MULTIPLICATIVE,
    OBJECTIVE,
    random_start,
)
from latentia.benchmarks.reference_numpy import (
    divergence,
    em,
    hals_nmf,
    multiplicative_nmf,
    nndsvd,
)
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
    for measures in judged.values():
        assert abs(measures[svd.EXCESS].value) < 1e-2
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
    assert EXCESS not in judged.pop(BASELINE)
    for measures in judged.values():
        assert measures[EXCESS].value <= 1e-3
        if updates is not HALS:  # which sweeps more often
            assert abs(measures[EXCESS].value) < 1e-9


def test_a_default_fit_is_run_to_its_end():
    make = partial(CLUSTERS, dtype="float32")
    task = gmm.Task(3, "full", n_iter=None)
    judged = answers_of(SUITES["gmm"], make, task, [LATENTIA, BASELINE])
    fitted = GaussianMixture(3, random_state=0).fit(make())
    peer = judged[BASELINE][LOG_LIKELIHOOD].value
    assert peer == pytest.approx(fitted.score(CLUSTERS()), rel=1e-4)
    below = (peer - judged[LATENTIA][LOG_LIKELIHOOD].value) / abs(peer)
    assert judged[LATENTIA][BELOW_BASELINE].value == pytest.approx(below)
    assert below <= 5e-3


@TYPES
@pytest.mark.parametrize("fit", [gmm.fit_latentia, gmm.fit_scikit_learn])
def test_the_set_number_of_iterations_of_em_is_run(fit, covariance_type):
    X = CLUSTERS()
    start = gmm.short_start(X, 3, covariance_type)
    for n_iter in (1, 4):
        expected = em(X, start, covariance_type=covariance_type, n_iter=n_iter)
        found = fit(X, gmm.Task(3, covariance_type, start, n_iter))
        np.testing.assert_allclose(found.means, expected.means, rtol=1e-9)
        np.testing.assert_allclose(found.covariances, expected.covariances, rtol=1e-7)


@pytest.mark.parametrize("fit", [nmf.fit_latentia, nmf.fit_scikit_learn])
@pytest.mark.parametrize("make", [dense, COUNTS])
def test_the_set_number_of_updates_is_run_and_the_start_is_kept(fit, make):
    A = make()
    values = A if make is dense else A.toarray()
    start, again = random_start(A, 4), random_start(A, 4)
    for n_iter in (1, 5):
        for updates, beta in ((MULTIPLICATIVE, 2), (KULLBACK_LEIBLER, 1)):
            expected = multiplicative_nmf(values, *start, n_iter=n_iter, beta=beta)
            found = fit(A, updates(4, n_iter=n_iter, start=start))
            np.testing.assert_allclose(found.W, expected.W, rtol=1e-7, atol=1e-12)
            np.testing.assert_allclose(found.H, expected.H, rtol=1e-7, atol=1e-12)
    fit(A, HALS(4, start=start))
    assert (start.W == again.W).all()
    assert (start.H == again.H).all()


def test_what_is_not_stored_may_be_unknown():
    A, start = COUNTS(), random_start(COUNTS(), 4)
    task = MULTIPLICATIVE(4, n_iter=3, start=start, observed_only=True)
    values = A.toarray()
    expected = multiplicative_nmf(values, *start, n_iter=3, known=values != 0)
    np.testing.assert_allclose(nmf.fit_latentia(A, task).H, expected.H, rtol=1e-7)


@TYPES
def test_short_start_is_near_and_of_the_type_of_the_rows(covariance_type):
    X = CLUSTERS()
    start = gmm.short_start(X, 3, covariance_type)
    again = gmm.short_start(X, 3, covariance_type)
    narrow = gmm.short_start(X.astype(np.float32), 3, covariance_type)
    for one, other, single in zip(start, again, narrow, strict=True):
        assert (one == other).all()
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, one, rtol=1e-4, atol=1e-5)
    found = em(X, start, covariance_type=covariance_type, n_iter=50)
    first, *_, last = found.log_likelihoods
    assert last - 0.2 < first < last


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_start_has_the_type_and_about_the_mean_of_the_matrix(dtype):
    A = dense(300, 200, dtype)
    W, H = random_start(A, 10)
    assert W.dtype == H.dtype == dtype
    assert min(W.min(), H.min()) >= 0
    # E |z|² of independent half-normal ones is 2 / π
    assert (W @ H).mean() == pytest.approx(A.mean() * 2 / np.pi, rel=0.1)
    assert (W == random_start(A, 10).W).all()
    assert (W != random_start(A, 10, seed=1).W).any()


def test_made_mixture_is_seeded_and_has_the_moments_it_should():
    make = partial(gaussian_rows, 20_000, 3, 2, spread=0, variety=0)
    X, narrow = make(), make(dtype="float32")
    assert (make() == X).all()
    assert (make(seed=1) != X).any()
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(X.T), np.eye(3), atol=0.03)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, X, rtol=1e-6)
    for spread, variety in ((2, 0), (0, 1)):
        X = gaussian_rows(5000, 4, 8, spread=spread, variety=variety)
        # E ‖x‖² / d, over means and deviations that are random too
        expected = 1 + spread**2 + variety**2
        assert (X**2).mean() == pytest.approx(expected, rel=0.3)


def test_targets_of_memory_follow_from_the_matrix():
    wide, sparse = np.ones((500, 300)), COUNTS()
    factors = 8 * (500 + 300) * 4
    target = nmf.memory_target(wide, MULTIPLICATIVE(4))
    assert target == Target("≤", 32 + 4 * factors / 2**20)
    factors, stored = 8 * (90 + 40) * 4, 900 * (8 + 4) + 91 * 4
    target = nmf.memory_target(sparse, HALS(4))
    expected = pytest.approx(32 + (4 * factors + 2 * stored) / 2**20)
    assert target == Target("≤", expected)
    targets = svd.targets(Case("", DECAYING, svd.Task(5), {}), wide)
    assert targets[svd.MEMORY] == Target("≤", 64 + 3 * 300 * 20 * 8 / 2**20)
    assert targets[svd.ORTHONORMALITY] == Target("≤", 1e-12)


@pytest.mark.parametrize("extra", [None, Quantity(7.0, "MiB")])
def test_memory_is_a_measure_where_the_system_tells(monkeypatch, extra):
    for module in (svd, gmm, nmf):
        monkeypatch.setattr(module, "extra_memory", lambda make, run: extra)
    A = np.ones((500, 300))
    for module, task in ((svd, svd.Task(5)), (nmf, HALS(4))):
        case = Case("case", lambda: A, task, {})
        found = module.weigh(case, A, module.METHODS[LATENTIA])
        assert set(found) == (set() if extra is None else {module.MEMORY})
        answer = 0 if module is nmf else (800 + 1) * 5 * 8 / 2**20
        assert all(q.value == pytest.approx(7 - answer) for q in found.values())
    limits = list(gmm.fit_memory("small").values())
    assert len(limits) == (0 if extra is None else 3)
    for target in [quantity.target for quantity in limits][1:2]:
        assert target == Target("≤", pytest.approx(1.1 * 7 + 1))


@pytest.mark.slow
def test_memory_of_methods_is_small_on_small_matrices():
    for module, make, task in ((svd, DECAYING, svd.Task(5)), (nmf, COUNTS, HALS(4))):
        case = Case("case", make, task, {})
        for method in (LATENTIA, BASELINE):
            found = module.weigh(case, make(), module.METHODS[method])
            assert all(0 <= quantity.value < 16 for quantity in found.values())


def test_a_harder_target_is_the_speed_against_another(little_data):
    suite = SUITES["nmf"]
    targets = {nmf.HARDER: Target("≥", 1e9)}
    case = Case("case", dense, MULTIPLICATIVE(4), targets, repeats=1)
    with little_data():
        found = suite.measure(case)
    harder = found.limits[f"case, {SPEEDUP}, moonshot"]
    assert harder.value == found.methods[0].measures[SPEEDUP].value
    assert not harder.met
    assert suite.measure(case.small()).limits == {}


@pytest.mark.parametrize(("size", "n_iter"), [("small", 13), ("full", 13)])
def test_race_ends_where_scikit_learn_does(little_data, size, n_iter):
    with little_data():
        found = nmf_steps.run_race(size)
        A = nmf.fashion_pictures(size, "float32").make()
        name = nmf_steps.race_name(size)
    ours, peer = found.methods
    assert (ours.method, peer.method) == (LATENTIA, BASELINE)
    assert ours.case == peer.case == name
    start = nndsvd(A, 40)
    goal = divergence(A, *hals_nmf(A, *start, n_iter=n_iter))
    assert peer.measures[OBJECTIVE].value == pytest.approx(goal, rel=1e-3)
    there, near = (int(taken.value) for taken in found.limits.values())
    assert 0 < near <= there <= n_iter
    errors = nmf.errors_of_latentia(A, HALS(40, n_iter=n_iter, start=start))
    assert len(errors) == n_iter + 1
    reached = np.sqrt(2 * peer.measures[OBJECTIVE].value)
    assert errors[there - 1] > reached >= errors[there] * (1 - 1e-5)
    assert errors[near - 1] ** 2 > 1.001 * reached**2
    assert ours.measures[EXCESS].met
    speed = ours.measures[SPEEDUP].target
    assert speed == (Target("≥", 4) if size == "full" else None)


def test_race_that_is_lost(little_data, monkeypatch):
    monkeypatch.setattr(
        nmf_steps,
        "errors_of_latentia",
        lambda A, task: np.full(task.n_iter + 1, np.inf),
    )
    with little_data():
        found = nmf_steps.run_race("small")
    assert [taken.value for taken in found.limits.values()] == [19, 19]


@pytest.mark.parametrize("size", ["small", "full"])
def test_ratings_beside_numpy_and_alone(little_data, size):
    with little_data() as patch:
        patch.setattr(nmf_steps, "_RATINGS_K", 3)
        limits = nmf_steps.ratings_limits(size)
    for updates in ("multiplicative", "HALS"):
        name = f"ratings 40×30, 0.0005M known, float32, k=3, {updates}"
        ours, peer = (
            limits[f"{name}, iteration, {method}"]
            for method in (LATENTIA, "NumPy with a mask")
        )
        assert ours.unit == peer.unit == "ms"
        ratio = limits[f"{name}, iteration, × NumPy with a mask"]
        assert ratio.value == pytest.approx(peer.value / ours.value)
        assert ratio.target == (Target("≥", 20) if size == "full" else None)
        assert limits[f"{name}, objective above that of NumPy with a mask"].met
        name = f"ratings 60×50, 0.0007M known, float32, k=3, {updates}"
        assert limits[f"{name}, iteration, {LATENTIA}"].value > 0
        assert limits[f"{name}, extra memory, {LATENTIA}"].met


@pytest.mark.parametrize("size", ["small", "full"])
@pytest.mark.parametrize(("dtype", "width"), [("float32", 4), ("float64", 8)])
def test_iterations_of_em_are_set_in_relation_to_the_peak(
    little_data, dtype, width, size
):
    with little_data():
        limits = gmm.iteration_limits(size, dtype)
    peak = limits[f"FMA peak, {dtype}"].value
    for matrix in ("overlapping", "Fashion-MNIST components"):
        name = f"EM iteration, {matrix} 800×50 {dtype}, K=10, full"
        share = limits[f"{name}, of the peak"]
        assert share.value == pytest.approx(100 * limits[name].value / peak)
        has_target = size == "full" and matrix == "overlapping"
        assert share.target == (Target("≥", 60) if has_target else None)
        # 2 n K d² operations and n d numbers an iteration
        read = limits[f"{name}, read"].value
        assert read == pytest.approx(limits[name].value * width / (2 * 10 * 50))
        assert 0 < limits[f"{name}, responsibilities above ε²"].value <= 100


def test_updates_are_set_in_relation_to_the_limits(little_data):
    with little_data():
        limits = nmf_steps.iteration_limits("small")
    bandwidth = limits["read bandwidth"].value
    for dtype, width in (("float32", 4), ("float64", 8)):
        name = f"iteration, Fashion-MNIST 800×784 {dtype}, k=40, multiplicative"
        rate, read = limits[name], limits[f"{name}, read"]
        peak = limits[f"FMA peak, {dtype}"].value
        share = limits[f"{name}, of the peak"].value
        assert share == pytest.approx(100 * rate.value / peak)
        # 4 m n k + 4 m k² operations and m n numbers an iteration, n being 100
        bytes_per_operation = 100 * width / (4 * 100 * 40 + 4 * 40 * 40)
        assert read.value == pytest.approx(rate.value * bytes_per_operation)
        share = limits[f"{name}, of the read bandwidth"].value
        assert share == pytest.approx(100 * read.value / bandwidth)


def test_the_fused_pass_and_pca_are_set_in_relation(little_data):
    case = Case("case", COUNTS, svd.Task(5, centered=True), {}, repeats=1)
    with little_data():
        limits = svd.pass_limits("float32")
        over = svd.time_over_svd(case, COUNTS(), [])
        plain = svd.time_over_svd(replace(case, task=svd.Task(5)), COUNTS(), [])
    peak, rate, share = limits.values()
    assert share.value == pytest.approx(100 * rate.value / peak.value)
    assert share.target == Target("≥", 75)
    assert over["case: time over SVD"].value > 0
    assert over["case: time over SVD"].target == Target("≤", 1.3)
    assert plain == {}
