"""Where memory or threads are refused: a result or MemoryError, no dead process."""

import hashlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from latentia import PCA

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the limit is Linux's"
)

SCRIPT = """
import hashlib, resource, sys, warnings
import numpy as np
import latentia
from latentia import NMF, PCA, GaussianMixture, TruncatedSVD  # loads what a fit needs

warnings.simplefilter("ignore")
name, room, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
X = np.random.default_rng(0).random((20_000, 60))
FITS = {
    "PCA": lambda: latentia.PCA(5, n_threads=threads, random_state=0).fit_transform(X),
    "TruncatedSVD": lambda: latentia.TruncatedSVD(
        5, n_threads=threads, random_state=0
    ).fit_transform(X),
    "NMF": lambda: latentia.NMF(
        5, n_threads=threads, random_state=0, max_iter=5
    ).fit_transform(X),
    "GaussianMixture": lambda: latentia.GaussianMixture(
        5, n_threads=threads, random_state=0, max_iter=3
    ).fit(X).predict_proba(X),
}
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
limit = int(size + room * 2**20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    found = FITS[name]()
except MemoryError:
    print("MemoryError")
else:
    print(hashlib.sha256(found.tobytes()).hexdigest())
"""
NAMES = ["PCA", "TruncatedSVD", "NMF", "GaussianMixture"]
PLENTY = 100_000  # MiB


def outcome(name, room, n_threads):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, name, str(room), str(n_threads)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (room, n_threads, done.stderr)
    return done.stdout.strip()


def test_little_memory():
    """Threads that 30 MiB have no room for are not started, and change nothing."""
    X = np.random.default_rng(0).random((20_000, 60))
    here = PCA(5, n_threads=1, random_state=0).fit_transform(X)
    assert outcome("PCA", 30, 64) == hashlib.sha256(here.tobytes()).hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_any_memory(name):
    """From none to plenty, for few threads and many."""
    expected = outcome(name, PLENTY, 1)
    seen = {
        outcome(name, room, n_threads)
        for room in (0, 2, 8, 30, 64, 90, 200, 500)
        for n_threads in (2, 64)
    }
    assert seen == {expected, "MemoryError"}


@pytest.mark.slow
def test_a_limit_before_the_import():
    """Where NumPy comes to life, latentia does, or raises."""
    script = """
    import resource, sys
    limit = int(sys.argv[1]) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        import numpy as np
        import scipy.linalg
    except BaseException:
        sys.exit("NumPy")
    try:
        import latentia
        latentia.PCA(2, n_threads=8).fit(np.random.default_rng(0).random((9000, 60)))
    except (MemoryError, ImportError):
        print("refused")
    else:
        print("fitted")
    """
    seen = set()
    for limit in (200, 300, 400, 500, 700, 1000, 2000, 4000):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), str(limit)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.stderr.strip() == "NumPy" or "OpenBLAS" in done.stderr:
            continue  # it did not come that far
        assert done.returncode == 0, (limit, done.stderr)
        seen.add(done.stdout.strip())
    assert {"fitted"} <= seen <= {"fitted", "refused"}


def test_blas_says_what_it_lacks(monkeypatch):
    """The process lives, and the next fit works."""
    import latentia
    from latentia import _blas

    X = np.random.default_rng(0).random((50, 9))
    expected = latentia.PCA(2).fit(X).components_
    monkeypatch.setattr(_blas, "WORK_MEMORY", 2**62)
    _blas._reserve_work_memory.cache_clear()
    with pytest.raises(MemoryError, match="BLAS needs"):
        latentia.PCA(2).fit(X)
    monkeypatch.undo()
    np.testing.assert_array_equal(latentia.PCA(2).fit(X).components_, expected)
