"""BLAS works on one thread while fits run, and gets its threads back when they end."""

import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

import latentia
from latentia._blas import serial_blas
from latentia.decomposition.svd import driver

controller = ThreadpoolController().select(user_api="blas")


def threads():
    """What the BLAS libraries of this process are limited to."""
    return {library["num_threads"] for library in controller.info()}


@pytest.fixture(autouse=True)
def two_threads():
    """So that there is something to take away, on any machine."""
    with threadpool_limits(2, user_api="blas"):
        yield


def test_one_thread_inside():
    assert threads() == {2}
    with serial_blas():
        assert threads() == {1}
        with serial_blas():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}


def test_the_last_of_several_threads_lifts_the_limit():
    entered, may_leave = threading.Event(), threading.Event()

    def other():
        with serial_blas():
            entered.set()
            may_leave.wait(30)

    thread = threading.Thread(target=other)
    with serial_blas():
        thread.start()
        assert entered.wait(30)
    assert threads() == {1}
    may_leave.set()
    thread.join()
    assert threads() == {2}


def test_fits_that_overlap():
    A = np.random.default_rng(0).standard_normal((203, 31))
    seen = []

    def work():
        for _ in range(20):
            with serial_blas():
                latentia.randomized_svd(A, 3, random_state=0, n_threads=1)
                seen.append(threads())

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert seen == 60 * [{1}]
    assert threads() == {2}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_errors_lift_the_limit(error):
    with pytest.raises(error), serial_blas():
        raise error
    assert threads() == {2}


def test_a_fit_that_fails_lifts_the_limit(monkeypatch):
    def fail(*_):
        assert threads() == {1}
        raise MemoryError("as in a kernel")

    monkeypatch.setattr(driver, "_SOLVERS", dict.fromkeys(driver._SOLVERS, fail))
    with pytest.raises(MemoryError, match="as in a kernel"):
        latentia.randomized_svd(np.eye(5), 2)
    assert threads() == {2}
