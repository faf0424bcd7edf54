"""Forks, threads and Ctrl-C."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse

from latentia import PCA, TruncatedSVD, randomized_svd


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal((3001, 401)).astype(np.float32)


def singular_values(A):
    return randomized_svd(A, 5, n_iter=2, random_state=0, n_threads=2)[1]


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
        from latentia import PCA, randomized_svd

        warnings.simplefilter("ignore")  # newer Pythons warn of fork beside threads
        A = np.random.default_rng(0).standard_normal((3001, 401))

        def work(_):
            randomized_svd(A, 5, random_state=0, n_threads=2)
            return PCA(5, random_state=0, n_threads=2).fit(A).singular_values_

        expected = work(0)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            for found in pool.map(work, range(4)):
                np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(work(0), expected)
        print("done")
        """,
        timeout=60,
    )
    assert done.stdout == "done\n", done.stderr


def test_spawned_processes_agree(noise):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(randomized_svd, (noise, 5), {"n_iter": 2, "random_state": 0})
    np.testing.assert_array_equal(found[1], singular_values(noise))


def test_python_threads_fit_at_once(noise):
    data = [noise, noise[:, :50], scipy.sparse.csr_array(noise * (noise > 1.5))]

    def work(i):
        A = data[i % 3]
        return [
            singular_values(A),
            PCA(3, random_state=0, n_threads=2).fit_transform(A),
            TruncatedSVD(3, random_state=0, n_threads=2).fit_transform(A),
        ]

    expected = [work(i) for i in range(3)]
    with ThreadPoolExecutor(4) as pool:
        for i, found in enumerate(pool.map(work, range(12))):
            for ours, theirs in zip(found, expected[i % 3], strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_blas_has_its_threads_back(noise):
    from threadpoolctl import ThreadpoolController, threadpool_limits

    blas = ThreadpoolController().select(user_api="blas")
    with threadpool_limits(2, user_api="blas"):
        before = [library["num_threads"] for library in blas.info()]
        singular_values(noise)
        with pytest.raises(ValueError, match="NaN"):
            singular_values(np.full((9, 9), np.nan))
        assert [library["num_threads"] for library in blas.info()] == before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_stops_within_a_pass():
    script = """
    import numpy as np
    from latentia import TruncatedSVD
    A = np.random.default_rng(0).standard_normal((20001, 1501)).astype(np.float32)
    print("ready", flush=True)
    try:
        TruncatedSVD(40, n_iter=100_000, random_state=0).fit(A)
    except KeyboardInterrupt:
        print("stopped", flush=True)
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
            process.wait(timeout=1)
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=10)
        finally:
            process.kill()
    assert output == "stopped\n"


@pytest.mark.slow
def test_fork_in_threads():
    """fork while another thread is in the middle of a fit."""
    done = in_script(
        """
        import os, threading, warnings
        import numpy as np
        from latentia import randomized_svd

        warnings.simplefilter("ignore")
        A = np.random.default_rng(0).standard_normal((4001, 401))
        stop = threading.Event()

        def keep_busy():
            while not stop.is_set():
                randomized_svd(A, 5, random_state=0, n_threads=2)

        thread = threading.Thread(target=keep_busy)
        thread.start()
        for _ in range(20):
            child = os.fork()
            if child == 0:
                randomized_svd(A[:500], 5, random_state=0, n_threads=2)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        thread.join()
        print("done")
        """,
        timeout=100,
    )
    assert done.stdout == "done\n", done.stderr
