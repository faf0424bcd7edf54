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
from threadpoolctl import ThreadpoolController, threadpool_limits

from latentia import GaussianMixture

NAMES = ["weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"]


def parameters_of(mixture):
    return [getattr(mixture, name) for name in NAMES]


def fit(X, type_="full", n_threads=2):
    mixture = GaussianMixture(
        5, covariance_type=type_, random_state=0, n_threads=n_threads, tol=0.05
    )
    return parameters_of(mixture.fit(X))


def assert_same(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_bits_do_not_depend_on_threads(made, type_, dtype):
    """Of a fit, of what it says of rows and of a further batch; BLAS's neither."""
    X = made(9001, 17, 5).astype(dtype)
    found = []
    for n_threads, blas in [(1, 1), (2, 2), (7, 1)]:
        with threadpool_limits(blas, user_api="blas"):
            mixture = GaussianMixture(
                9, covariance_type=type_, random_state=0, n_threads=n_threads, tol=0.05
            ).fit(X)
            mixture.partial_fit(X[:5000])
            rows = [mixture.predict_proba(X), mixture.score_samples(X)]
            found.append([*parameters_of(mixture), *rows, mixture.predict(X)])
    assert_same(found[1], found[0])
    assert_same(found[2], found[0])


@pytest.mark.parametrize("type_", ["full", "tied"])
def test_many_features_and_threads_of_blas(made, type_):
    """So many that LAPACK would divide them."""
    X = made(400, 150, 2)
    found = []
    for blas in (1, 2):
        with threadpool_limits(blas, user_api="blas"):
            mixture = GaussianMixture(2, covariance_type=type_, random_state=0)
            found.append(parameters_of(mixture.fit(X)))
    assert_same(*found)


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
        from latentia import GaussianMixture

        warnings.simplefilter("ignore")  # newer Pythons warn of fork beside threads
        X = np.random.default_rng(0).standard_normal((6001, 40))

        def work(type_):
            mixture = GaussianMixture(
                8, covariance_type=type_, random_state=0, n_threads=2, max_iter=5
            ).fit(X)
            return mixture.partial_fit(X).predict_proba(X)

        types = ["full", "tied", "diag", "spherical"]
        expected = [work(type_) for type_ in types]
        with multiprocessing.get_context("fork").Pool(2) as pool:
            for found, there in zip(pool.map(work, types), expected):
                np.testing.assert_array_equal(found, there)
        np.testing.assert_array_equal(work("full"), expected[0])
        print("done")
        """,
        timeout=60,
    )
    assert done.stdout == "done\n", done.stderr


def test_processes_agree():
    text = """
        import numpy as np
        from latentia import GaussianMixture

        X = np.random.default_rng(0).standard_normal((2001, 5))
        mixture = GaussianMixture(5, random_state=0, tol=0.05).fit(X)
        print(mixture.means_.tobytes().hex())
        """
    first, second = (in_script(text, timeout=60) for _ in range(2))
    assert first.stdout == second.stdout != "", first.stderr


def test_python_threads_fit_at_once(made):
    data = [made(3001, 12, 5), made(2001, 4, 3).astype(np.float32)]
    work = [(X, type_) for X in data for type_ in ("full", "tied", "diag", "spherical")]
    expected = [fit(*arguments) for arguments in work]
    with ThreadPoolExecutor(4) as pool:
        for i, found in enumerate(pool.map(lambda w: fit(*w), work * 2)):
            assert_same(found, expected[i % len(work)])


def test_joblib(made):
    X = made(2001, 5, 5)
    found = joblib.Parallel(n_jobs=2, backend="threading")(
        joblib.delayed(fit)(X, type_) for type_ in ("full", "diag") * 3
    )
    for i, ours in enumerate(found):
        assert_same(ours, fit(X, ("full", "diag")[i % 2]))


def test_one_mixture_used_by_many_threads(made):
    X = made(5001, 12, 5)
    mixture = GaussianMixture(5, random_state=0, n_threads=2, tol=0.05).fit(X)
    expected = mixture.predict_proba(X)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(mixture.predict_proba, [X] * 12):
            np.testing.assert_array_equal(found, expected)


def test_blas_has_its_threads_back(made):
    X = made(500, 12, 3)
    blas = ThreadpoolController().select(user_api="blas")
    with threadpool_limits(2, user_api="blas"):
        before = [library["num_threads"] for library in blas.info()]
        mixture = GaussianMixture(3, random_state=0, tol=0.05).fit(X).partial_fit(X)
        with pytest.raises(ValueError, match="not positive definite"):
            mixture.set_params(reg_covar=0).fit(np.ones((9, 12)))
        assert [library["num_threads"] for library in blas.info()] == before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_ends_a_fit_with_what_it_has():
    script = """
    import warnings
    import numpy as np
    from latentia import GaussianMixture
    X = np.random.default_rng(0).standard_normal((20_001, 50))
    print("ready", flush=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mixture = GaussianMixture(10, tol=0, max_iter=100_000, random_state=0).fit(X)
    assert len(mixture.lower_bounds_) == mixture.n_iter_ > 0
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
    assert output.startswith("the fit was interrupted after ")
