"""A forked child works, whoever used OpenMP before: its threads are not copied."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

LOOP = """
double sum(const double *x, long n) {
  double s = 0;
  #pragma omp parallel for reduction(+ : s) num_threads(4)
  for (long i = 0; i < n; ++i) s += x[i];
  return s;
}
"""

# Who has used OpenMP before the fork: a function that does, given a library of C.
USERS = {
    "nobody": "def use(library): pass",
    "a library in C": """
        def use(library):
            import ctypes
            x = np.ones(1 << 20)
            loop = ctypes.CDLL(library).sum
            loop.restype = ctypes.c_double
            assert loop(ctypes.c_void_p(x.ctypes.data), ctypes.c_long(x.size)) == x.size
        """,
    "scikit-learn": """
        def use(library):
            from sklearn.cluster import KMeans
            KMeans(3, n_init=1).fit(np.random.default_rng(0).random((5000, 9)))
        """,
    "torch": """
        def use(library):
            import torch
            a = torch.randn(4_000_000)
            (a.exp() + a).sum()
        """,
}

PROLOGUE = """
import hashlib, multiprocessing, os, signal, sys, threading, warnings
import numpy as np

warnings.simplefilter("ignore")  # newer Pythons warn of fork next to threads

def work(_=None):
    from latentia import NMF, PCA, GaussianMixture, TruncatedSVD
    signal.alarm(60)  # a child that waits for threads it does not have is ended
    X = np.random.default_rng(0).random((6000, 60))
    found = [
        PCA(3, random_state=0, n_threads=2).fit(X).components_,
        TruncatedSVD(3, random_state=0, n_threads=2).fit_transform(X),
        NMF(3, random_state=0, n_threads=2, max_iter=5, tol=0).fit_transform(X),
        GaussianMixture(
            3, random_state=0, n_threads=2, max_iter=3, init_params="random"
        ).fit(X).means_,
    ]
    signal.alarm(0)
    return hashlib.sha256(b"".join(part.tobytes() for part in found)).hexdigest()

"""

# How the child comes to be: a function that returns what `work` does there.
WAYS = {
    "fork": """
        def elsewhere():
            end, mouth = os.pipe()
            if os.fork() == 0:
                os.write(mouth, work().encode())
                os._exit(0)
            os.close(mouth)
            return os.fdopen(end).read()
        """,
    "fork of a fork": """
        def elsewhere():
            end, mouth = os.pipe()
            if os.fork() == 0:
                if os.fork() == 0:
                    os.write(mouth, work().encode())
                    os._exit(0)
                os._exit(0)  # so that the other has lost its parent
            os.close(mouth)
            return os.fdopen(end).read()
        """,
    "fork in a thread": """
        def elsewhere():
            found = []
            def fork():
                end, mouth = os.pipe()
                if os.fork() == 0:
                    os.write(mouth, work().encode())
                    os._exit(0)
                os.close(mouth)
                found.append(os.fdopen(end).read())
            thread = threading.Thread(target=fork)
            thread.start()
            thread.join()
            return found[0]
        """,
    "multiprocessing": """
        def elsewhere():
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return set(pool.map(work, range(2))).pop()
        """,
    "forkserver": """
        def elsewhere():
            with multiprocessing.get_context("forkserver").Pool(1) as pool:
                return pool.map(work, [0])[0]
        """,
    "loky": """
        def elsewhere():
            from joblib import Parallel, delayed
            return Parallel(n_jobs=2)(delayed(work)() for _ in range(2))[0]
        """,
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A library with an OpenMP loop, of the runtime that the kernels use."""
    folder = tmp_path_factory.mktemp("openmp")
    (folder / "loop.c").write_text(LOOP)
    command = ["cc", "-O1", "-fopenmp", "-shared", "-fPIC", "-o", "loop.so", "loop.c"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a C compiler with OpenMP")
    return str(folder / "loop.so")


def run(path, user, way, imported, library):
    """Return what the child and then its parent found, in a new process."""
    first = "import latentia\n" if imported == "before" else ""
    main = """
        if __name__ == "__main__":
            use(sys.argv[1])
            there = elsewhere()
        """
    if imported == "in between":
        main += """
            import latentia
            assert elsewhere() == there
        """
    main += """
            print(there == work(), len(there))
        """
    parts = [USERS[user], WAYS[way], main]
    path.write_text(PROLOGUE + first + "\n".join(map(textwrap.dedent, parts)))
    done = subprocess.run(
        [sys.executable, str(path), library],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout.strip() or done.stderr


def test_children_of_openmps_user_work(tmp_path, library):
    """One that imports latentia itself, and one of a parent that has."""
    found = run(tmp_path / "main.py", "a library in C", "fork", "in between", library)
    assert found == "True 64"


@pytest.mark.slow
@pytest.mark.parametrize("imported", ["before", "in the child"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("user", USERS)
def test_every_child_works(tmp_path, library, user, way, imported):
    if user == "torch":
        pytest.importorskip("torch")
    assert run(tmp_path / "main.py", user, way, imported, library) == "True 64"


@pytest.mark.slow
def test_a_process_that_was_not_forked_keeps_its_threads(tmp_path, library):
    """Nor does one that has loaded OpenMP itself after the fork, as in a forkserver."""
    script = """
        import multiprocessing, sys
        import numpy as np

        def threads(library):
            import ctypes
            ctypes.CDLL(library)
            from latentia._native import kernels
            return kernels.max_threads()

        if __name__ == "__main__":
            with multiprocessing.get_context("forkserver").Pool(1) as pool:
                print(pool.map(threads, [sys.argv[1]]), threads(sys.argv[1]))
        """
    path = tmp_path / "main.py"
    path.write_text(textwrap.dedent(script))
    done = subprocess.run(
        [sys.executable, str(path), library],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "3"},
    )
    assert done.stdout == "[3] 3\n", done.stderr
