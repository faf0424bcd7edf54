"""Swapping the import is enough: attribute by attribute against scikit-learn."""

import numpy as np
import pytest
import scipy.sparse
import sklearn.base
import sklearn.decomposition
from sklearn.datasets import load_digits, load_iris

import latentia


def made(m, n):
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((m, 9)) * np.linspace(5, 1, 9)
    return factors @ rng.standard_normal((9, n)) + rng.standard_normal((m, n)) + 3


DATA = {
    "digits": lambda: load_digits().data,
    "iris": lambda: load_iris().data,
    "tall": lambda: made(211, 30),
    "wide": lambda: made(30, 211),
    "square": lambda: made(50, 50),
}
FITTED = [
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
    "mean_",
    "noise_variance_",
]
SOLVERS = ["auto", "full", "covariance_eigh", "randomized", "arpack"]


@pytest.fixture(params=DATA)
def X(request):
    return DATA[request.param]()


def assert_like(ours, theirs, names, rtol=1e-8):
    for name in names:
        expected = np.asarray(getattr(theirs, name))
        np.testing.assert_allclose(
            getattr(ours, name),
            expected,
            rtol=rtol,
            atol=rtol * np.abs(expected).max(initial=0),
            err_msg=name,
        )
    assert ours.n_features_in_ == theirs.n_features_in_


def pair(n_components=None, solver="full", **settings):
    settings = {"tol": 0.0, "random_state": 0, **settings}
    return (
        latentia.PCA(n_components, svd_solver=solver, **settings),
        sklearn.decomposition.PCA(n_components, svd_solver="full", **settings),
    )


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("n_components", [1, 3, 0.5, 0.8])
def test_pca(X, solver, n_components):
    ours, theirs = pair(n_components, solver)
    Z, expected = ours.fit_transform(X), theirs.fit_transform(X)
    assert ours.n_components_ == theirs.n_components_
    assert ours.n_samples_ == theirs.n_samples_
    assert_like(ours, theirs, FITTED, rtol=1e-7)
    size = np.abs(expected).max()
    np.testing.assert_allclose(Z, expected, atol=1e-6 * size)
    np.testing.assert_allclose(ours.transform(X), expected, atol=1e-6 * size)
    np.testing.assert_allclose(
        ours.inverse_transform(Z), theirs.inverse_transform(expected), atol=1e-6 * size
    )


def well_determined(X):
    """Leave out features without variance: scikit-learn inverts the covariance."""
    return X[:, X.std(axis=0) > 0.1]


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("n_components", [1, 3, 0.8])
@pytest.mark.parametrize("name", ["digits", "iris", "tall", "wide"])
def test_generative_model(name, n_components, whiten):
    X = well_determined(DATA[name]())
    ours, theirs = (pca.fit(X) for pca in pair(n_components, whiten=whiten))
    for method in ("get_covariance", "get_precision"):
        expected = getattr(theirs, method)()
        np.testing.assert_allclose(
            getattr(ours, method)(), expected, atol=1e-8 * np.abs(expected).max()
        )
    np.testing.assert_allclose(
        ours.score_samples(X[:9]), theirs.score_samples(X[:9]), rtol=1e-8
    )
    assert ours.score(X) == pytest.approx(theirs.score(X), rel=1e-8)
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), atol=1e-7)
    Z = theirs.transform(X)
    np.testing.assert_allclose(
        ours.inverse_transform(Z), theirs.inverse_transform(Z), atol=1e-7
    )
    np.testing.assert_allclose(ours.fit_transform(X), Z, atol=1e-7)


@pytest.mark.parametrize("name", ["iris", "tall", "wide", "square"])
@pytest.mark.parametrize("n_components", [None, 0.999999])
@pytest.mark.parametrize("solver", ["full", "auto"])
def test_all_components(name, n_components, solver):
    X = DATA[name]()
    ours, theirs = (pca.fit(X) for pca in pair(n_components, solver))
    assert ours.n_components_ == theirs.n_components_
    determined = min(ours.n_components_, np.linalg.matrix_rank(X - X.mean(axis=0)))
    assert_like(ours, theirs, ["explained_variance_ratio_", "mean_"], 1e-9)
    rounding = 1e-13 * theirs.explained_variance_[0]
    assert ours.noise_variance_ == pytest.approx(theirs.noise_variance_, abs=rounding)
    np.testing.assert_allclose(
        ours.components_[:determined], theirs.components_[:determined], atol=1e-7
    )


@pytest.mark.parametrize("name", ["digits", "iris", "tall", "square"])
@pytest.mark.parametrize("solver", ["auto", "full", "covariance_eigh"])
def test_minka(name, solver):
    X = DATA[name]()
    ours, theirs = (pca.fit(X) for pca in pair("mle", solver))
    assert ours.n_components_ == theirs.n_components_
    assert_like(ours, theirs, ["explained_variance_", "mean_"])
    assert ours.noise_variance_ == pytest.approx(theirs.noise_variance_, rel=1e-6)


def test_minka_finds_the_rank():
    rng = np.random.default_rng(0)
    for rank in (1, 4, 9):
        X = rng.standard_normal((500, rank)) * 5 @ rng.standard_normal((rank, 20))
        X += 0.1 * rng.standard_normal(X.shape)
        assert latentia.PCA("mle").fit(X).n_components_ == rank


@pytest.mark.parametrize("algorithm", ["randomized", "arpack"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("k", [1, 3])
def test_truncated_svd(X, algorithm, sparse, k):
    if sparse:
        X = scipy.sparse.csr_matrix(X * (X > 2))
    ours = latentia.TruncatedSVD(k, algorithm=algorithm, tol=0, random_state=0)
    theirs = sklearn.decomposition.TruncatedSVD(k, algorithm="arpack", random_state=0)
    Z, expected = ours.fit_transform(X), theirs.fit_transform(X)
    assert_like(ours, theirs, FITTED[:4], rtol=1e-7)
    size = np.abs(expected).max()
    np.testing.assert_allclose(Z, expected, atol=1e-6 * size)
    np.testing.assert_allclose(ours.transform(X), expected, atol=1e-6 * size)
    np.testing.assert_allclose(
        ours.inverse_transform(Z), theirs.inverse_transform(expected), atol=1e-6 * size
    )


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("shape", [(211, 60), (60, 211)])
@pytest.mark.parametrize("make", [scipy.sparse.csr_array, scipy.sparse.csc_matrix])
def test_sparse_pca_is_dense_pca(solver, shape, make):
    X = made(*shape)
    X[np.random.default_rng(1).random(shape) < 0.8] = 0
    dense = latentia.PCA(5, svd_solver="full").fit(X)
    sparse = latentia.PCA(5, svd_solver=solver, tol=0, random_state=0)
    Z = sparse.fit_transform(make(X))
    assert_like(sparse, dense, FITTED, rtol=1e-7)
    np.testing.assert_allclose(Z, dense.transform(X), atol=1e-6)
    np.testing.assert_allclose(sparse.transform(make(X)), Z, atol=1e-6)
    np.testing.assert_allclose(sparse.transform(X), Z, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["PCA", "TruncatedSVD"])
def test_dtype_is_kept(dtype, name):
    X = made(83, 29).astype(dtype)
    for data in (X, np.asfortranarray(X), scipy.sparse.csr_array(X)):
        estimator = getattr(latentia, name)(3).fit(data)
        Z = estimator.transform(data)
        assert Z.dtype == estimator.fit_transform(data).dtype == dtype
        assert estimator.inverse_transform(Z).dtype == dtype
        for attribute in FITTED:
            if hasattr(estimator, attribute):
                assert getattr(estimator, attribute).dtype == dtype, attribute
