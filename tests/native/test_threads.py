"""How many threads there are, and that kernels work in forks and next to each other."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import latentia
from latentia._native import kernels

needs_openmp = pytest.mark.skipif(not kernels.has_openmp, reason="built without OpenMP")


def in_script(text, **environment):
    """Run Python in a process of its own: libraries look at the environment once."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@needs_openmp
def test_an_argument_comes_first(monkeypatch):
    monkeypatch.setenv("LATENTIA_NUM_THREADS", "3")
    assert latentia.n_threads(5) == 5
    assert latentia.n_threads(np.int32(7)) == 7
    assert type(latentia.n_threads(np.int32(7))) is int


@needs_openmp
def test_then_our_own_variable(monkeypatch):
    monkeypatch.setenv("LATENTIA_NUM_THREADS", "3")
    with threadpool_limits(1, user_api="openmp"):
        assert latentia.n_threads() == 3
    monkeypatch.setenv("LATENTIA_NUM_THREADS", "")
    with threadpool_limits(1, user_api="openmp"):
        assert latentia.n_threads() == 1


SHOW = "import latentia; print(latentia.n_threads())"


@needs_openmp
def test_then_what_openmp_allows():
    with threadpool_limits(1, user_api="openmp"):
        assert latentia.n_threads() == 1
    assert in_script(SHOW, OMP_NUM_THREADS="1") == "1"
    # No more than there are cores: nobody asked latentia for them.
    assert int(in_script(SHOW, OMP_NUM_THREADS="4096")) <= os.cpu_count()


@needs_openmp
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs affinities")
def test_no_more_than_the_cores_that_may_be_used():
    core = min(os.sched_getaffinity(0))
    confined = f"import os; os.sched_setaffinity(0, [{core}]); {SHOW}"
    assert in_script(confined) == "1"


@needs_openmp
@pytest.mark.parametrize("value", [0, -1, 1.0, 2.5, True, "", "two", [2], np.nan])
def test_a_number_that_is_none(value):
    with pytest.raises(ValueError, match="n_threads must be a positive integer") as got:
        latentia.n_threads(value)
    assert repr(value) in str(got.value)


@needs_openmp
@pytest.mark.parametrize("value", [2**31, 2**63, 2**64, np.uint64(2**63)])
def test_a_number_that_the_kernels_cannot_take(monkeypatch, value):
    """Is named by every estimator, and by the environment's variable."""
    match = f"must be at most 2147483647, got .*{int(value)}"
    with pytest.raises(ValueError, match=f"n_threads {match}"):
        latentia.n_threads(value)
    X = np.ones((9, 3)) + np.eye(9, 3)
    for model in (latentia.PCA, latentia.TruncatedSVD, latentia.NMF):
        with pytest.raises(ValueError, match=f"n_threads {match}"):
            model(2, n_threads=value).fit(X)
    with pytest.raises(ValueError, match=f"n_threads {match}"):
        latentia.GaussianMixture(2, n_threads=value).fit(X)
    monkeypatch.setenv("LATENTIA_NUM_THREADS", str(int(value)))
    with pytest.raises(ValueError, match=f"LATENTIA_NUM_THREADS {match}"):
        latentia.randomized_svd(X, 1)


@needs_openmp
def test_the_largest_number():
    """Asks for no more threads than there is work for."""
    A = np.random.default_rng(0).random((20_000, 60))
    expected = kernels.gram(A, None, 1)
    np.testing.assert_array_equal(kernels.gram(A, None, 2**31 - 1), expected)
    assert latentia.n_threads(2**31 - 1) == 2**31 - 1


@pytest.mark.parametrize("count", [2**63, 2**64, 2**70])
def test_other_counts_that_are_too_large(count):
    mixture = latentia.GaussianMixture(1).fit(np.eye(3))
    with pytest.raises(ValueError, match=f"n_samples must be at most .*{count}"):
        mixture.sample(count)
    with pytest.raises(ValueError, match=f"max_iter must be at most .*{count}"):
        latentia.NMF(1, max_iter=count).fit(np.eye(3))


@needs_openmp
@pytest.mark.parametrize("value", ["0", "-2", "1.5", "all", " "])
def test_a_variable_that_is_no_number(monkeypatch, value):
    monkeypatch.setenv("LATENTIA_NUM_THREADS", value)
    with pytest.raises(ValueError, match="LATENTIA_NUM_THREADS must be a positive"):
        latentia.n_threads()
    with pytest.raises(ValueError, match="LATENTIA_NUM_THREADS"):
        latentia.randomized_svd(np.eye(3), 1)


def test_one_without_openmp(monkeypatch):
    monkeypatch.setattr(kernels, "has_openmp", False)
    monkeypatch.setenv("LATENTIA_NUM_THREADS", "3")
    assert latentia.n_threads() == 1
    assert latentia.n_threads(5) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kernels_work_in_the_child_of_a_fork():
    """OpenMP's threads do not survive a fork; a child that waits for them hangs."""
    child_says = in_script(
        """
        import os, signal, warnings
        import numpy as np
        from latentia._native import kernels

        warnings.simplefilter("ignore")  # newer Pythons warn of forks next to threads
        A = np.random.default_rng(0).standard_normal((3001, 201))
        expected = kernels.gram(A, None, 4)
        if os.fork() == 0:
            signal.alarm(30)
            assert (kernels.gram(A, None, 4) == expected).all()
            assert kernels.max_threads() == 1
            if os.fork() == 0:  # and its own child
                assert (kernels.gram(A, None, 4) == expected).all()
                os._exit(0)
            os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        assert (kernels.gram(A, None, 4) == expected).all()
        """
    )
    assert child_says == "0"


def test_python_threads_call_kernels_at_once():
    rng = np.random.default_rng(0)
    data = [rng.standard_normal((2003, 203)).astype(t) for t in ("f4", "f8")]

    def work(i):
        A = data[i % 2]
        return kernels.normal_product(A, None, np.ones((203, 33), A.dtype), None, 2)

    expected = [work(0), work(1)]
    with ThreadPoolExecutor(4) as pool:
        for i, found in enumerate(pool.map(work, range(40))):
            np.testing.assert_array_equal(found, expected[i % 2])


def test_other_python_threads_run_meanwhile():
    """Kernels release the interpreter's lock. Nobody takes it from them here."""
    A, steps, done = np.ones((20_000, 300)), 0, threading.Event()

    def count():
        nonlocal steps
        while not done.is_set():
            steps += 1
            time.sleep(0)

    counting = threading.Thread(target=count)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(3600)
    try:
        counting.start()
        before = steps
        kernels.gram(A, None, 1)
        meanwhile = steps - before
    finally:
        done.set()
        sys.setswitchinterval(interval)
        counting.join()
    assert meanwhile > 10
