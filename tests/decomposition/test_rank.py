"""How many components there are: none, more than samples, a fraction, Minka's."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.decomposition
from sklearn.decomposition._pca import _infer_dimension

from latentia import PCA, TruncatedSVD
from latentia.decomposition.minka import most_likely_rank


def sample(m, n, seed=0):
    return np.random.default_rng(seed).standard_normal((m, n)) * np.linspace(3, 1, n)


@pytest.mark.parametrize("solver", ["auto", "full", "covariance_eigh"])
def test_no_components(solver):
    """The null model of scikit-learn's example "PCA vs FA"."""
    X = sample(60, 5)
    ours = PCA(0, svd_solver=solver, random_state=0).fit(X)
    theirs = sklearn.decomposition.PCA(0, svd_solver="full").fit(X)
    assert ours.components_.shape == (0, 5)
    assert ours.n_components_ == 0
    assert ours.transform(X).shape == ours.fit_transform(X).shape == (60, 0)
    np.testing.assert_allclose(ours.noise_variance_, theirs.noise_variance_)
    np.testing.assert_allclose(ours.get_covariance(), theirs.get_covariance())
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X))
    with pytest.raises(ValueError, match="NaN"):
        ours.transform(np.full((2, 5), np.nan))


@pytest.mark.parametrize("shape", [(60, 5), (5, 60)])
def test_limits_of_solvers(shape):
    """Those of scikit-learn; of "arpack" also where all components are wanted."""
    X = sample(*shape)
    for solver in ("randomized", "arpack"):
        with pytest.raises(ValueError, match=r"n_components=0 must be between 1 and "):
            PCA(0, svd_solver=solver).fit(X)
    with pytest.raises(ValueError, match=r"n_components=5 must be strictly less than "):
        PCA(5, svd_solver="arpack").fit(X)
    for wanted in (None, 4):
        ours = PCA(wanted, svd_solver="arpack", random_state=0).fit(X)
        assert ours.components_.shape == (4, shape[1])
        theirs = sklearn.decomposition.PCA(4, svd_solver="arpack").fit(X)
        for name in ("explained_variance_", "noise_variance_"):
            expected = getattr(theirs, name)
            np.testing.assert_allclose(
                getattr(ours, name), expected, rtol=1e-9, atol=1e-12
            )
    assert PCA(svd_solver="randomized").fit(X).n_components_ == 5
    with pytest.raises(ValueError, match=r"strictly less|between 1"):
        PCA(svd_solver="arpack").fit(X[:, :1])


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("algorithm", ["randomized", "arpack"])
@pytest.mark.parametrize("n_components", [35, 100])
def test_more_components_than_samples(make, algorithm, n_components):
    X = np.random.default_rng(0).random((30, 100))
    if algorithm == "arpack" and n_components == 100:
        with pytest.raises(ValueError, match="n_components=100 must be less than"):
            TruncatedSVD(n_components, algorithm=algorithm).fit(make(X))
        return
    ours = TruncatedSVD(n_components, algorithm=algorithm, random_state=0)
    theirs = sklearn.decomposition.TruncatedSVD(n_components, random_state=0).fit(X)
    assert ours.fit_transform(make(X)).shape == (30, 30)
    assert ours.components_.shape == theirs.components_.shape == (30, 100)
    s = np.linalg.svd(X, compute_uv=False)
    np.testing.assert_allclose(ours.singular_values_, s, rtol=1e-6)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("fraction", [0.05, 0.5, 0.9, 0.999])
def test_a_fraction_of_the_variance(make, fraction):
    X = np.abs(sample(300, 90)) * (sample(300, 90, 1) > 0.5)
    svd = TruncatedSVD(fraction, random_state=0, tol=1e-8)
    Z = svd.fit_transform(make(X))
    V = np.linalg.svd(X, full_matrices=False)[2].T
    ratio = (X @ V).var(axis=0) / X.var(axis=0).sum()
    k = int(np.argmax(np.cumsum(ratio) > fraction)) + 1
    assert len(svd.components_) == len(svd.singular_values_) == Z.shape[1] == k
    assert svd.explained_variance_ratio_.sum() > fraction
    assert svd.explained_variance_ratio_[:-1].sum() <= fraction
    np.testing.assert_allclose(Z, svd.transform(make(X)), atol=1e-6)
    assert len(svd.error_bound_) == len(svd.residuals_) == k


@pytest.mark.parametrize("fraction", [1.0, 0.0, -0.5, 1.5, np.nan])
def test_what_is_no_fraction(fraction):
    with pytest.raises(ValueError, match="between 0 and 1"):
        TruncatedSVD(fraction).fit(sample(9, 5))


@pytest.mark.parametrize("seed", range(40))
def test_minka_as_scikit_learn(seed):
    """Also of n = p, where one variance is 0. Ours does not depend on the unit of X:
    theirs is given the spectrum in units of its largest."""
    rng = np.random.default_rng(seed)
    p = int(rng.integers(2, 13))
    n, k = p + int(rng.integers(0, 3)) * 20, int(rng.integers(1, p + 1))
    X = rng.standard_normal((n, k)) @ rng.standard_normal((k, p))
    X += rng.choice([0, 0.01, 0.3]) * rng.standard_normal((n, p))
    spectrum = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2 / (n - 1)
    spectrum /= spectrum[0]
    assert most_likely_rank(spectrum, n) == _infer_dimension(spectrum, n)
    assert most_likely_rank(spectrum * 1e12, n) == most_likely_rank(spectrum, n)


@pytest.mark.parametrize(
    ("spectrum", "rank"),
    [
        ([2.0], 0),  # one feature: scikit-learn keeps none
        ([0.0, 0.0, 0.0], 0),
        ([1.0, 1.0, 1.0, 1.0], 0),
        ([1.0, 1.0, 1.0, 0.0], 3),
        ([5.0, 5.0, 1.0, 1.0, 1.0], 2),
        ([9.0, 5.0, 5.0, 1e-3, 1e-3, 1e-3], 3),
    ],
)
def test_minka_of_equal_variances(spectrum, rank):
    """scikit-learn: ValueError, math domain error."""
    assert most_likely_rank(np.array(spectrum), 30) == rank


def test_minka_in_pca():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((12, 3)) @ rng.standard_normal((3, 12))
    X += 0.01 * rng.standard_normal((12, 12))
    for A in (X, X[:, :1], np.eye(6).repeat(5, axis=0)):
        pca = PCA("mle").fit(A)
        assert pca.transform(A).shape == (len(A), pca.n_components_)
    assert PCA("mle").fit(X).n_components_ == 3
    assert PCA("mle").fit(X[:, :1]).n_components_ == 0


def test_all_components_batch_by_batch():
    """``algorithm`` is how ``fit`` searches: sums know the whole spectrum."""
    X = np.random.default_rng(0).random((30, 5))
    svd = TruncatedSVD(5, algorithm="arpack").partial_fit(X)
    s = np.linalg.svd(X, compute_uv=False)
    np.testing.assert_allclose(svd.singular_values_, s)
