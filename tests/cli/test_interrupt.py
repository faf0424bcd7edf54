"""Ctrl-C ends a command, whatever it is at: within a moment, with exit code 130."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from latentia import NMF, GaussianMixture, compress
from latentia._interrupt import FitInterruptedWarning, ctrl_c_ends_all
from latentia.benchmarks import SUITES
from latentia.benchmarks.files import read
from latentia.benchmarks.results import Quantity
from latentia.benchmarks.runner import Step, Suite, limits_step
from latentia.decomposition.nmf import driver
from latentia.mixture import em

# Non-interactive shells start background jobs with SIGINT ignored.
BEGIN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
"""

FIT = """
import dataclasses
from latentia import NMF
from latentia.decomposition.nmf import driver
real, fits = driver.search, []
def search(solver, update, options, **more):
    fits.append(print("started", flush=True))
    # As long as Ctrl-C takes to come.
    options = dataclasses.replace(options, tol=0, max_iter=10**9)
    return real(solver, update, options, **more)
driver.search = search
"""


def interrupted(script, *arguments, cwd=None):
    """Run a script, send SIGINT when it says that it has started, await its end."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN + script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )
    try:
        assert process.stdout.readline() == "started\n", process.stderr.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, out, err


def test_compress_by_nmf(tmp_path):
    """It went on with the fits to come, on factors that were cut short."""
    np.save(tmp_path / "noise.npy", np.random.default_rng(0).random((64, 64)))
    command = f"{FIT}\nfrom latentia.cli import main\nmain()"
    arguments = "compress", "noise.npy", "--method", "nmf", "--error", "0.3"
    code, out, err = interrupted(command, *arguments, cwd=tmp_path)
    assert (code, out) == (130, ""), err
    assert "Traceback" not in err
    assert [p.name for p in tmp_path.iterdir()] == ["noise.npy"]


def test_processes_of_a_benchmark():
    """Not only this process is to end: it would wait for the other."""
    script = """
import threading, time
from latentia.benchmarks.timing import in_fresh_process
import multiprocessing
def tell():
    while not multiprocessing.active_children():
        time.sleep(0.01)
    print("started", flush=True)
threading.Thread(target=tell, daemon=True).start()
in_fresh_process(time.sleep, 10_000)
"""
    code, _, err = interrupted(script)
    assert code != 0
    assert "KeyboardInterrupt" in err


@pytest.fixture
def ctrl_c(monkeypatch):
    """ctrl_c(n): the n-th error that is recorded of an NMF comes with Ctrl-C."""

    def at(n):
        real, calls = driver.error_of, []

        def error_of(divergence):
            calls.append(1)
            if len(calls) == n:
                raise KeyboardInterrupt
            return real(divergence)

        monkeypatch.setattr(driver, "error_of", error_of)
        return calls

    return at


def test_a_fit_keeps_what_it_has_but_a_part_of_something_does_not(ctrl_c):
    X = np.random.default_rng(0).random((20, 8))
    ctrl_c(12)
    with pytest.warns(FitInterruptedWarning):
        NMF(2, tol=0, random_state=0).fit(X)
    ctrl_c(12)
    with ctrl_c_ends_all(), pytest.raises(KeyboardInterrupt):
        NMF(2, tol=0, random_state=0).fit(X)
    ctrl_c(12)
    with pytest.warns(FitInterruptedWarning):  # as before
        NMF(2, tol=0, random_state=0).fit(X)


def test_a_mixture_that_is_a_part(monkeypatch):
    X = np.random.default_rng(0).random((50, 2))
    real, calls = em.em_iteration, []

    def step(*arguments, **more):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **more)

    monkeypatch.setattr(em, "em_iteration", step)
    mixture = GaussianMixture(2, tol=0, random_state=0)
    with ctrl_c_ends_all(), pytest.raises(KeyboardInterrupt):
        mixture.fit(X)
    calls.clear()
    with pytest.warns(FitInterruptedWarning):
        mixture.fit(X)


def test_compress_in_python(ctrl_c):
    calls = ctrl_c(15)
    with pytest.raises(KeyboardInterrupt):
        compress(np.random.default_rng(0).random((32, 32)), 0.3, method="nmf")
    assert len(calls) == 15


def test_bench(run, ctrl_c, monkeypatch, tmp_path):
    """Whatever the methods that are compared make of warnings."""

    def suite(size, *, progress, keep):
        for _ in range(100):
            NMF(2, tol=0, max_iter=20).fit(np.random.default_rng(0).random((20, 8)))

    monkeypatch.setitem(SUITES, "svd", suite)
    calls = ctrl_c(30)
    code, _, error = run("bench", "svd", "-o", tmp_path)
    assert code == 130
    assert error == "latentia: stopped\n"
    assert len(calls) == 30
    assert not list(tmp_path.iterdir())


def test_what_a_benchmark_has_measured_is_kept(run, monkeypatch, tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    def steps(size):
        yield limits_step("first", lambda: {"peak": Quantity(3.0)})
        yield Step("second", interrupt)

    suite = Suite(name="svd", quality="error", steps=steps)
    monkeypatch.setitem(SUITES, "svd", suite)
    code, _, error = run("bench", "svd", "-o", tmp_path)
    (kept,) = tmp_path.iterdir()
    assert code == 130
    assert f"measured until then is in {kept}" in error
    assert read(kept).limits == {"peak": Quantity(3.0)}
    assert read(kept).notes[-1] == "The suite had not ended."
