"""Densities of models whose covariance is singular, or nearly so."""

import dask.array as da
import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.decomposition
from sklearn.model_selection import cross_val_score

from latentia import PCA
from latentia.rows import open

NONE = pytest.mark.filterwarnings("ignore:the covariance of the model is singular")


def sample(m, n):
    return np.random.default_rng(0).standard_normal((m, n))


@pytest.mark.parametrize("k", [0, 1, 5, 18])
def test_fewer_rows_than_features(k):
    X, new = sample(20, 50), sample(30, 50)[20:]
    ours, theirs = PCA(k).fit(X), sklearn.decomposition.PCA(k).fit(X)
    np.testing.assert_allclose(ours.score(new), theirs.score(new), rtol=1e-6)


@pytest.mark.parametrize("k", [None, 19, 20])
@pytest.mark.parametrize(
    "store",
    [
        np.asarray,
        sp.csr_array,
        lambda A: open(lambda: iter((A[:7], A[7:]))),
        lambda A: da.from_array(A, chunks=(7, -1)),
    ],
)
def test_no_density(k, store):
    """As in scikit-learn: -inf; with a warning that says why."""
    X = sample(20, 50)
    pca = PCA(k).fit(X)
    with pytest.warns(UserWarning, match="singular .* take fewer components"):
        assert pca.score(store(X)) == -np.inf
    with pytest.warns(UserWarning, match="singular"):
        found = np.asarray(pca.score_samples(store(X)))
    assert (found == -np.inf).all()
    X[3, 4] = np.nan
    with (
        pytest.warns(UserWarning, match="singular"),
        pytest.raises(ValueError, match="NaN"),
    ):
        pca.score(store(X))


@NONE
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_without_variance(dtype):
    """Where scikit-learn ends in LinAlgError too."""
    X = np.hstack([sample(100, 5), np.ones((100, 1))]).astype(dtype)
    for k in (None, 6):
        assert PCA(k).fit(X).score(X) == -np.inf
    assert PCA(2).fit(np.ones((10, 4), dtype)).score(np.ones((10, 4), dtype)) == -np.inf
    theirs = sklearn.decomposition.PCA(3).fit(X.astype(float)).score(X.astype(float))
    assert PCA(3).fit(X).score(X) == pytest.approx(theirs, rel=1e-4)


@NONE
def test_cross_validation():
    X = sample(30, 40)
    scores = cross_val_score(PCA(), X, error_score="raise")
    assert (scores == -np.inf).all()
    assert np.isfinite(cross_val_score(PCA(3), X, error_score="raise")).all()


@pytest.mark.parametrize("noise", [1e-3, 1e-6])
def test_variances_far_apart(noise):
    """Sixteen digits between them leave no Cholesky factor, but a density."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 3)) @ rng.standard_normal((3, 6))
    X += noise * rng.standard_normal((300, 6))
    pca = PCA(3, svd_solver="full").fit(X)
    V, variance = pca.components_, pca.explained_variance_
    off = X - pca.mean_
    y = off @ V.T
    rest = ((off - y @ V) ** 2).sum(axis=1)
    log_det = np.log(variance).sum() + 3 * np.log(pca.noise_variance_)
    exact = (y**2 / variance).sum(axis=1) + rest / pca.noise_variance_
    exact = -(exact + log_det + 6 * np.log(2 * np.pi)) / 2
    np.testing.assert_allclose(pca.score_samples(X), exact, rtol=1e-3, atol=1e-2)
