"""Estimators on rows that are read by blocks give what they give in memory."""

import numpy as np
import pytest

from latentia import (
    NMF,
    PCA,
    GaussianMixture,
    TruncatedSVD,
    randomized_svd,
    rows,
)
from latentia.rows.chunked import open

ESTIMATORS = [
    PCA(3, svd_solver="covariance_eigh"),
    PCA(3, svd_solver="randomized", random_state=0),
    TruncatedSVD(3, algorithm="arpack", random_state=0),
    NMF(3, init="random", random_state=0, max_iter=5, tol=0),
    GaussianMixture(2, random_state=0, max_iter=5, tol=0),
]


def clusters():
    """Two groups of rows along a few directions, all positive."""
    random = np.random.default_rng(0)
    rows = random.gamma(2, size=(300, 3)) @ random.gamma(1, size=(3, 20))
    rows[:120] += 20
    return rows + 0.1 * random.random((300, 20))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_same_as_in_memory(estimator, tmp_path):
    A = clusters()
    np.save(tmp_path / "A.npy", A)
    call = "fit_predict" if isinstance(estimator, GaussianMixture) else "fit_transform"
    in_memory = getattr(estimator, call)(A)
    path = tmp_path / "out.npy"
    rows = open(tmp_path / "A.npy", memory=16 * 70 * 160, out=path)
    result = getattr(estimator, call)(rows)
    assert isinstance(result, np.memmap)
    np.testing.assert_allclose(result, in_memory, rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(np.load(path), result)


def test_signs_of_an_svd_that_is_written_to_a_file(tmp_path):
    X = np.random.default_rng(0).normal(size=(400, 9))
    for seed in range(3):
        expected = randomized_svd(X, 4, random_state=seed)
        path = tmp_path / f"{seed}.npy"
        U, s, Vt = randomized_svd(
            rows.open(X, out=path, memory="100KB"), 4, random_state=seed
        )
        np.testing.assert_array_equal(U, np.load(path))
        for found, ours in zip((U, s, Vt), expected, strict=True):
            np.testing.assert_allclose(found, ours, rtol=1e-9, atol=1e-9)
