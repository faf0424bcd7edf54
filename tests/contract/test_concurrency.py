"""Forks, threads and Ctrl-C."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import joblib
import numpy as np
import pytest
import scipy.sparse
from threadpoolctl import ThreadpoolController, threadpool_limits

# Rows enough for several threads and several runs of rows.
LARGE = np.random.default_rng(0).uniform(0.1, 2, (3001, 101))
LARGE[::2, :20] += 4
SPARSE = scipy.sparse.csr_array(np.where(LARGE > 1.8, LARGE, 0))
QUICK = {
    "PCA": {"n_components": 5},
    "TruncatedSVD": {"n_components": 5},
    "NMF": {"n_components": 7, "max_iter": 3},
    "GaussianMixture": {"n_components": 5, "tol": 0.05},
}


@pytest.fixture
def fit(subject):
    """fit(X, threads, **parameters): an estimator fitted to them."""

    def fit(X, n_threads=2, **parameters):
        given = QUICK[subject.kind.__name__] | parameters
        return subject.make(n_threads=n_threads, **given).fit(X)

    return fit


def answers(estimator, subject, results, X):
    """All arrays that a fit leaves, what it says of rows, and a further batch."""
    found = [v for v in results(estimator).values() if isinstance(v, np.ndarray)]
    return [*found, *(getattr(estimator, use)(X) for use in subject.uses)]


def assert_equal(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.subjects("NMF by mu", "NMF with holes", "NMF by mu with holes")
@pytest.mark.subjects("tied mixture", "spherical mixture")
def test_bits_do_not_depend_on_threads(subject, fit, dtype, results):
    """Neither on BLAS's: of a fit, of what it says of rows and of a further batch.

    Sparse rows are of float64, dense ones of float32 where there are sparse ones too:
    tests/native has every kernel for both.
    """
    X = LARGE.astype(dtype)
    if subject.parameters.get("missing") == "nan":
        X[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan
        subject = replace(subject, sparse=False)
    if subject.sparse and dtype == np.float64:
        X = SPARSE
    found = []
    for n_threads, blas in [(1, 1), (2, 2), (7, 1)]:
        with threadpool_limits(blas, user_api="blas"):
            fitted = fit(X, n_threads)
            found.append(answers(fitted, subject, results, X))
            batches = subject.make(n_threads=n_threads).partial_fit(X[:2000])
            batches.partial_fit(X[2000:])
            found[-1] += answers(batches, subject, results, X)
    assert_equal(found[1], found[0])
    assert_equal(found[2], found[0])


def test_one_estimator_used_by_many_threads(subject, fit):
    fitted = fit(LARGE)
    for use in subject.uses:
        expected = getattr(fitted, use)(LARGE)
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(getattr(fitted, use), [LARGE] * 8):
                np.testing.assert_array_equal(found, expected)


def test_joblib(subject, fit, results):
    data = [LARGE, LARGE[:2001].astype(np.float32)]
    fits = joblib.Parallel(n_jobs=2, backend="threading")(
        joblib.delayed(fit)(X) for X in data * 3
    )
    expected = [answers(fit(X), subject, results, X) for X in data]
    for i, fitted in enumerate(fits):
        assert_equal(answers(fitted, subject, results, data[i % 2]), expected[i % 2])


def test_blas_has_its_threads_back(subject, fit):
    blas = ThreadpoolController().select(user_api="blas")
    with threadpool_limits(2, user_api="blas"):
        before = [library["num_threads"] for library in blas.info()]
        fitted = fit(LARGE)
        getattr(fitted, subject.uses[0])(LARGE)
        subject.make().partial_fit(LARGE)
        with pytest.raises(ValueError, match="infinity"):
            fitted.fit(np.where(LARGE > 5, np.inf, LARGE))
        assert [library["num_threads"] for library in blas.info()] == before


def in_script(text, *, timeout):
    """Run Python in a process of its own, with no warning filters of pytest's."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


WORK = """
import multiprocessing, os, threading, warnings
import numpy as np
from latentia import NMF, PCA, GaussianMixture, randomized_svd

warnings.simplefilter("ignore")  # newer Pythons warn of fork next to threads
X = np.random.default_rng(0).uniform(0.1, 2, (3001, 101))
X[::2, :20] += 4
nmf = {"random_state": 0, "n_threads": 2, "max_iter": 4}
FITS = [  # one of each driver
    PCA(5, random_state=0, n_threads=2),
    NMF(7, **nmf),
    NMF(7, solver="mu", beta_loss=1.0, **nmf),
    GaussianMixture(8, random_state=0, n_threads=2, max_iter=5),
]

def work(i):
    fitted = FITS[i].fit(X)
    if hasattr(fitted, "predict_proba"):
        return fitted.partial_fit(X).predict_proba(X)
    return fitted.transform(X)

def all_of_them():
    return [work(i) for i in range(len(FITS))]

"""


def digests(found):
    return [hashlib.sha256(array.tobytes()).hexdigest() for array in found]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_after_threads_does_not_hang():
    """And parent, children and this process agree to the bit."""
    done = in_script(
        WORK
        + """
import hashlib
expected = all_of_them()
with multiprocessing.get_context("fork").Pool(2) as pool:
    for found, there in zip(pool.map(work, range(len(FITS))), expected):
        np.testing.assert_array_equal(found, there)
np.testing.assert_array_equal(work(0), expected[0])
print([hashlib.sha256(array.tobytes()).hexdigest() for array in expected])
""",
        timeout=120,
    )
    here = {}
    exec(WORK, here)
    assert done.stdout == f"{digests(here['all_of_them']())}\n", done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_in_threads():
    """fork while another thread is in the middle of a fit."""
    done = in_script(
        WORK
        + """
stop = threading.Event()

def keep_busy():
    while not stop.is_set():
        randomized_svd(X, 5, random_state=0, n_threads=2)

thread = threading.Thread(target=keep_busy)
thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        randomized_svd(X[:500], 5, random_state=0, n_threads=2)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
thread.join()
print("done")
""",
        timeout=100,
    )
    assert done.stdout == "done\n", done.stderr


FOREVER = {
    "TruncatedSVD": "TruncatedSVD(40, n_iter=100_000, random_state=0).fit(X)",
    "NMF": "NMF(10, tol=0, max_iter=100_000, random_state=0)",
    "GaussianMixture": "GaussianMixture(10, tol=0, max_iter=100_000, random_state=0)",
}
STOPPED = {
    "TruncatedSVD": """
try:
    {fit}
except KeyboardInterrupt:
    print("interrupted after a pass")
""",
    "NMF": """
nmf = {fit}
W = nmf.fit_transform(X)
assert len(nmf.reconstruction_errs_) == nmf.n_iter_ + 1 > 1
error = np.linalg.norm(X - W @ nmf.components_)
np.testing.assert_allclose(nmf.reconstruction_err_, error, rtol=1e-9)
""",
    "GaussianMixture": """
mixture = {fit}.fit(X)
assert len(mixture.lower_bounds_) == mixture.n_iter_ > 0
""",
}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("name", FOREVER)
def test_ctrl_c_ends_a_fit_with_what_it_has(name):
    """Within a pass; an SVD has nothing before its end."""
    body = textwrap.indent(STOPPED[name].format(fit=FOREVER[name]), "    ")
    script = f"""
import warnings
import numpy as np
from latentia import NMF, GaussianMixture, TruncatedSVD

X = np.random.default_rng(0).uniform(0.1, 2, (20_001, 300))
print("ready", flush=True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
{body}
for warning in caught:
    print(warning.message, flush=True)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=10)
        finally:
            process.kill()
    assert "interrupted after " in output
