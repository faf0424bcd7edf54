"""Threads, forks and Ctrl-C."""

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import scipy.sparse
from threadpoolctl import ThreadpoolController, threadpool_limits

from latentia import NMF

STILL = {"tol": 0, "max_iter": 3, "random_state": 0}


def outcome(A, n_threads=2, blas=1, **parameters):
    """All that a fit, its W for rows, and a further batch find."""
    with threadpool_limits(blas, user_api="blas"):
        nmf = NMF(7, n_threads=n_threads, **STILL, **parameters)
        found = [nmf.fit_transform(A), nmf.transform(A), nmf.reconstruction_errs_]
        nmf.partial_fit(A)
    return [*found, nmf.components_, nmf.mean_weights_, nmf.reconstruction_err_]


def assert_same(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def counts(m, n, dtype):
    A = scipy.sparse.random(m, n, density=0.02, random_state=0, format="csr")
    A.data += 0.1
    return A.astype(dtype)


def large(form, holes, dtype):
    """Large enough for several threads and several runs of rows."""
    X = np.random.default_rng(0).uniform(0.1, 2, (801, 131)).astype(dtype)
    if form == "csr":
        return counts(2001, 401, dtype), {}
    if form == "unobserved":
        return counts(4001, 401, dtype), {"missing": "unobserved"}
    return (holes(X), {"missing": "nan"}) if form == "nan" else (X, {})


SOLVERS = [
    {},
    {"shuffle": True, "init": "random"},
    {"solver": "mu"},
    {"solver": "mu", "beta_loss": 1.0},
    {"solver": "mu", "beta_loss": 0.5},
]


def assert_same_bits(A, **parameters):
    found = [
        outcome(A, n_threads, blas, **parameters)
        for n_threads, blas in [(1, 1), (2, 2), (7, 1)]
    ]
    assert_same(found[1], found[0])
    assert_same(found[2], found[0])


@pytest.mark.parametrize("solver", SOLVERS[:4], ids=str)
def test_bits_do_not_depend_on_threads(holes, form, solver):
    A, parameters = large(form, holes, np.float32)
    assert_same_bits(A, **parameters, **solver)


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS, ids=str)
def test_bits_of_either_type(holes, form, solver, dtype):
    A, parameters = large(form, holes, dtype)
    assert_same_bits(A, **parameters, **solver)


def in_script(text, *, timeout, **settings):
    """Run Python in a process of its own, with no warning filters of pytest's."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        **settings,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_after_threads_does_not_hang():
    done = in_script(
        """
        import multiprocessing, warnings
        import numpy as np
        from latentia import NMF

        warnings.simplefilter("ignore")  # newer Pythons warn of fork beside threads
        X = np.random.default_rng(0).uniform(0.1, 2, (801, 131))

        def work(loss):
            nmf = NMF(7, random_state=0, n_threads=2, max_iter=4, **loss).fit(X)
            return nmf.partial_fit(X).transform(X)

        losses = [{}, {"solver": "mu"}, {"solver": "mu", "beta_loss": 1.0}]
        expected = [work(loss) for loss in losses]
        with multiprocessing.get_context("fork").Pool(2) as pool:
            for found, there in zip(pool.map(work, losses), expected):
                np.testing.assert_array_equal(found, there)
        np.testing.assert_array_equal(work({}), expected[0])
        print("done")
        """,
        timeout=60,
    )
    assert done.stdout == "done\n", done.stderr


@pytest.mark.slow
def test_processes_agree():
    text = """
        import numpy as np
        from latentia import NMF

        X = np.random.default_rng(0).uniform(0.1, 2, (801, 131))
        print(NMF(7, random_state=0, tol=0, max_iter=9).fit(X).components_.tobytes())
        """
    first, second = (in_script(text, timeout=60) for _ in range(2))
    assert first.stdout == second.stdout != "", first.stderr


@pytest.fixture
def work(holes):
    """(X, parameters) of fits that differ in all but the time they take."""
    X, _ = large("dense", holes, np.float64)
    A, _ = large("csr", holes, np.float32)
    return [
        (X, {}),
        (A, {}),
        (holes(X), {"missing": "nan"}),
        (A, {"missing": "unobserved"}),
        (X, {"solver": "mu", "beta_loss": 1.0}),
        (A, {"solver": "mu", "beta_loss": 1.0}),
    ]


def test_python_threads_fit_at_once(work):
    expected = [outcome(A, **parameters) for A, parameters in work]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda w: outcome(w[0], **w[1]), work * 2)
        for i, ours in enumerate(found):
            assert_same(ours, expected[i % len(work)])


def test_joblib(work):
    found = joblib.Parallel(n_jobs=2, backend="threading")(
        joblib.delayed(outcome)(A, **parameters) for A, parameters in work[:2] * 3
    )
    for i, ours in enumerate(found):
        A, parameters = work[i % 2]
        assert_same(ours, outcome(A, **parameters))


def test_one_model_used_by_many_threads(work):
    X, _ = work[0]
    nmf = NMF(7, n_threads=2, **STILL).fit(X)
    W = nmf.transform(X)
    items, _ = nmf.recommend(W, 5)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(nmf.transform, [X] * 8):
            np.testing.assert_array_equal(found, W)
        for found, _ in pool.map(lambda _: nmf.recommend(W, 5), range(8)):
            np.testing.assert_array_equal(found, items)


def test_blas_has_its_threads_back(work):
    X, _ = work[0]
    blas = ThreadpoolController().select(user_api="blas")
    with threadpool_limits(2, user_api="blas"):
        before = [library["num_threads"] for library in blas.info()]
        nmf = NMF(3, **STILL).fit(X).partial_fit(X)
        with pytest.raises(ValueError, match="Negative"):
            nmf.fit(-X)
        assert [library["num_threads"] for library in blas.info()] == before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_ends_a_fit_with_what_it_has():
    script = """
    import warnings
    import numpy as np
    from latentia import NMF
    X = np.random.default_rng(0).uniform(0.1, 2, (20_001, 150))
    print("ready", flush=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nmf = NMF(10, tol=0, max_iter=100_000, random_state=0)
        W = nmf.fit_transform(X)
    assert len(nmf.reconstruction_errs_) == nmf.n_iter_ + 1 > 1
    error = np.linalg.norm(X - W @ nmf.components_)
    np.testing.assert_allclose(nmf.reconstruction_err_, error, rtol=1e-9)
    print(caught[0].message, flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2)
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=10)
        finally:
            process.kill()
    assert output.startswith("interrupted after ")
