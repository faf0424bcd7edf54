"""Ctrl-C ends a pass between two tiles, in whatever kernel it comes."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from latentia._native import kernels

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="needs POSIX signals"
)
RNG = np.random.default_rng(0)


class EndedError(Exception):
    """What the handler of a signal raises here, as Ctrl-C does KeyboardInterrupt."""


@contextmanager
def signals_every(seconds, handler):
    """Call the handler again and again."""
    before = signal.signal(signal.SIGALRM, lambda *_: handler())
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def end():
    raise EndedError


def product(n_threads):
    """Begin 1.6·10¹¹ multiply-adds, many more than there are between two looks.

    Returns what is written to: rows that are not reached stay zero.
    """
    Y = np.zeros((20_000, 8000))
    with pytest.raises(EndedError), signals_every(0.05, end):
        kernels.product(
            np.ones((20_000, 1000)), None, np.ones((1000, 8000)), Y, n_threads
        )
    return Y


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_a_pass_ends_early(n_threads):
    Y = product(n_threads)
    reached = (Y[:, 0] > 0).sum()
    assert reached < len(Y)
    time.sleep(0.05)
    assert (Y[:, 0] > 0).sum() == reached  # no thread goes on


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_handler_that_returns_changes_nothing(n_threads):
    count = 0

    def note():
        nonlocal count
        count += 1
        # A handler may use kernels itself.
        kernels.gram(np.ones((900, 50)), None, 2)

    A = RNG.standard_normal((16_000, 300))
    expected = kernels.gram(A, None, n_threads)
    with signals_every(0.01, note):
        found = kernels.gram(A, None, n_threads)
        while count == 0:
            pass
    np.testing.assert_array_equal(found, expected)


def test_a_pass_in_another_thread_goes_on():
    """Python runs handlers in the main thread alone."""
    A = RNG.standard_normal((20_000, 400))
    expected, found = kernels.gram(A, None, 2), []
    thread = threading.Thread(target=lambda: found.append(kernels.gram(A, None, 2)))
    thread.start()
    with pytest.raises(EndedError), signals_every(0.01, end):
        time.sleep(60)
    thread.join()
    np.testing.assert_array_equal(found[0], expected)


def test_the_next_pass_is_whole():
    A = RNG.standard_normal((2000, 100))
    expected = kernels.gram(A, None, 2)
    product(2)
    np.testing.assert_array_equal(kernels.gram(A, None, 2), expected)


# Passes that take minutes, or would: what they are given, and the call.
MIXTURE = """
    m, k, d = 60_000, 60, 700
    X, centre = np.ones((m, d)), rng.standard_normal((k, d))
    zero, weight, factor = np.zeros(d), np.zeros(k), np.stack([np.eye(d)] * k)
    """
LONG = {
    "e_step_statistics": (
        MIXTURE,
        "e_step_statistics(X, None, 'full', zero, centre, factor, weight, centre, "
        "n_threads)",
    ),
    "mixture_labels": (
        MIXTURE + "labels = np.empty(m, np.int64)\n",
        "mixture_labels(X, 'full', zero, centre, factor, weight, labels, n_threads)",
    ),
    "gram": ("A = np.ones((20_000, 8000), 'f')", "gram(A, None, n_threads)"),
    "normal_product": (
        "A, X = np.ones((100_000, 1000), 'f'), np.ones((1000, 12_000), 'f')",
        "normal_product(A, None, X, None, n_threads)",
    ),
    "nmf_frobenius_pass": (
        """
        m, n, k = 100_000, 400, 1500
        A, Ht = rng.random((m, n), "f"), rng.random((n, k), "f")
        W = np.ones((m, k), "f")
        G, AtW, workspace = Ht.T @ Ht, np.empty_like(Ht), kernels.NmfWorkspaceFloat32()
        """,
        "nmf_frobenius_pass(A, W, Ht, G, 'hals', 0.0, 0.0, 1000, None, AtW, workspace,"
        " n_threads)",
    ),
    "als_implicit_half": (
        """
        m, n, k = 20_000, 2000, 1000
        A = np.arange(m + 1) * n, np.tile(np.arange(n), m), np.ones(m * n, "f"), n
        X, Y = np.zeros((m, k), "f"), rng.random((n, k), "f")
        G, ridge = np.eye(k, dtype="f"), np.ones(m, "f")
        """,
        "als_implicit_half(A, X, Y, G, ridge, None, 0.0, 'cholesky', 1, n_threads)",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("name", LONG)
def test_ctrl_c_in_a_pass_of_minutes(name, n_threads):
    given, call = (textwrap.dedent(text).strip() for text in LONG[name])
    script = f"""
import signal
import numpy as np
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
from latentia._native import kernels
rng, n_threads = np.random.default_rng(0), {n_threads}
{given}
try:
    print("ready", flush=True)
    kernels.{call}
except KeyboardInterrupt:
    print("stopped", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=8)
        finally:
            process.kill()
    assert output == "stopped\n"


@pytest.mark.slow
def test_ctrl_c_in_a_mixture_of_many_components():
    """Which has passes of several seconds, each of a few runs."""
    script = """
    import signal
    import warnings
    import numpy as np
    from latentia import GaussianMixture
    signal.signal(signal.SIGINT, signal.default_int_handler)
    X = np.random.default_rng(0).standard_normal((100_001, 200))
    mixture = GaussianMixture(60, tol=0, max_iter=1000, init_params="random")
    print("ready", flush=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            mixture.fit(X)
        except KeyboardInterrupt:
            pass
    print("stopped", flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"LATENTIA_NUM_THREADS": "2"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=6)
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=8)
        finally:
            process.kill()
    assert output == "stopped\n"
