"""What goes wrong in a partition is named; a lost worker is not noticed.

Functions that other processes run are made inside others, so that they are sent whole:
a worker may not be able to import this file.
"""

import contextlib
import os
import signal

import numpy as np
import pytest

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")

from latentia.rows import gram, normal_product, product, scale_columns  # noqa: E402
from latentia.rows.dask import dask_rows  # noqa: E402


def make_own_error():
    """Return how to raise an error that cannot be sent: one argument is forgotten."""

    class OwnError(Exception):
        def __init__(self, one, two):
            super().__init__(f"{one} and {two}")

    return lambda: OwnError(1, 2)


def failing(make_error):
    """Six partitions of ten rows, of which the fourth cannot be loaded."""

    def load(chunk, block_info=None):
        if block_info[0]["chunk-location"][0] == 3:
            raise make_error()
        return chunk

    return da.ones((60, 5), chunks=(10, 5)).map_blocks(load, dtype=float)


def check_named():
    """What is loaded, what is run; errors that are kept and those that are not."""
    rows = dask_rows(failing(lambda: OSError("the disk is gone")))
    state = rows.empty_state(2)
    for run in (lambda: gram(rows), lambda: product(rows, np.ones((5, 2)), out=state)):
        message = r"X: block 3 \(rows 30 to 39\) failed: the disk is gone"
        with pytest.raises(OSError, match=message) as caught:
            run()
        assert isinstance(caught.value.__cause__, OSError)

    def bad_kernel(block, n_threads):
        if block[0, 0] == 3:
            raise ZeroDivisionError("in the kernel")
        return 0

    numbers = da.from_array(np.repeat(np.arange(6.0), 10)[:, None], chunks=(10, 1))
    with pytest.raises(RuntimeError, match=r"A: block 3 \(rows 30 to 39\)") as caught:
        dask_rows(numbers, name="A").reduce(bad_kernel)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(RuntimeError, match="failed: OwnError: 1 and 2"):
        gram(dask_rows(failing(make_own_error())))


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_a_block_that_fails_is_named(scheduler):
    with dask.config.set(scheduler=scheduler):
        check_named()


@pytest.mark.slow
def test_a_block_that_fails_is_named_from_another_process():
    with dask.config.set(scheduler="processes", num_workers=1):
        check_named()


def test_a_block_that_fails_to_be_measured_is_named():
    X = failing(lambda: OSError("the disk is gone"))
    X = X[X[:, 0] > 0]
    message = "X: block 3 failed: the disk is gone"
    with (
        dask.config.set(scheduler="synchronous"),
        pytest.raises(OSError, match=message),
    ):
        dask_rows(X)


@pytest.fixture
def cluster():
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs="CRITICAL",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def add_one(flag=None):
    """Return a kernel; its worker dies at the first block if there is no such file."""

    def kernel(block, n_threads, state):
        if flag is not None:
            with contextlib.suppress(FileExistsError):
                os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
                os.kill(os.getpid(), signal.SIGKILL)
        state += 1
        return float(state.sum())

    return kernel


def passes(X, kernel):
    """A sequence of passes that each change a state; one loses a worker, perhaps."""
    rows = dask_rows(X)
    random = np.random.default_rng(0)
    W = rows.random_state_rows(lambda r, n: r.standard_normal((n, 3)), random, 3)
    found = []
    for i in range(4):
        Z = normal_product(rows, np.ones((5, 3)) * i)
        product(W, Z[:3] / 100, out=W)
        if i == 2:
            found.append(rows.update(kernel, W))
        scale_columns(W, np.array([1.0, 0.5, 2.0]))
        found.append(gram(W))
    return [*found, W.result().compute()]


@pytest.mark.slow
def test_a_worker_that_is_killed(cluster, tmp_path):
    X = da.random.default_rng(0).standard_normal((80, 5), chunks=(10, 5))
    with dask.config.set(scheduler="synchronous"):
        expected = passes(X, add_one())
    found = passes(X.persist(), add_one(str(tmp_path / "died")))
    assert (tmp_path / "died").exists()
    for one, two in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.slow
def test_a_block_that_fails_is_named_from_a_cluster(cluster):
    check_named()
