"""Twelve Python threads that fit at once get the bits that each gets alone."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD, rows

AT_ONCE = 12
RNG = np.random.default_rng(0)
DENSE = RNG.random((3001, 41))
SPARSE = scipy.sparse.csc_array(np.where(DENSE > 0.8, DENSE, 0))


def pca(X):
    return PCA(3, random_state=0, n_threads=2).fit_transform(X)


def svd(X):
    return TruncatedSVD(3, random_state=0, n_threads=2).fit_transform(X)


def nmf(X):
    model = NMF(3, random_state=0, n_threads=2, max_iter=5, tol=0)
    return model.fit_transform(X)


def mixture(X):
    model = GaussianMixture(3, random_state=0, n_threads=2, tol=0.1)
    return model.fit(X).predict_proba(X)


def in_blocks(X):
    return rows.open(lambda: iter([X[:1000], X[1000:]]), memory="20MB")


WORK = [
    *[(fit, DENSE) for fit in (pca, svd, nmf, mixture)],
    *[(fit, DENSE.astype(np.float32)) for fit in (pca, svd, nmf, mixture)],
    *[(fit, SPARSE) for fit in (pca, svd, nmf)],
    (lambda X: pca(in_blocks(X)), DENSE),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_twelve_threads_at_once():
    assert len(WORK) == AT_ONCE
    expected = [fit(X) for fit, X in WORK]
    together = threading.Barrier(AT_ONCE)

    def work(i):
        found = []
        for turn in range(3):
            together.wait(60)
            which = (i + turn) % AT_ONCE
            fit, X = WORK[which]
            found.append((which, fit(X)))
        return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for results in pool.map(work, range(AT_ONCE)):
            for which, found in results:
                np.testing.assert_array_equal(found, expected[which])
