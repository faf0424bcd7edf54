"""Swapping the import is enough: from the same start, number by number."""

import numpy as np
import pytest
import sklearn.mixture
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from latentia import GaussianMixture
from latentia.benchmarks.reference_numpy import em


def principal(n_components):
    return PCA(n_components, random_state=0).fit_transform(load_digits().data)


DATA = {
    "iris": lambda: (load_iris().data, 3),
    "one feature": lambda: (load_iris().data[:, 2:3], 2),
    "one component": lambda: (load_iris().data, 1),
    "digits": lambda: (principal(20), 10),
    "eight features": lambda: (principal(8), 7),
}
RTOL = {np.float32: 1e-4, np.float64: 1e-9}


@pytest.fixture(autouse=True)
def one_thread():
    """scikit-learn's threads would get in each other's way on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture(params=DATA)
def data(request):
    return DATA[request.param]()


@pytest.fixture
def fitted(data, type_, dtype, start, given, pair, unconverged):
    """(X, ours, theirs): both after the same iterations from the same start."""
    X, k = data
    where = given(start(X, k, type_))
    parameters = dict(covariance_type=type_, max_iter=8, tol=0, **where)
    ours, theirs = pair(k, **parameters)
    unconverged(ours.fit, X.astype(dtype))
    unconverged(theirs.fit, X.astype(dtype).astype(float))
    return X.astype(dtype), ours, theirs


def test_a_fit(fitted, dtype, same_mixture):
    _, ours, theirs = fitted
    more = {"n_threads", "fixed", "n_batches_seen_", "_written"}
    if not hasattr(theirs, "lower_bounds_"):  # before scikit-learn 1.7
        theirs.lower_bounds_ = ours.lower_bounds_
    assert vars(ours).keys() - vars(theirs).keys() == more
    assert vars(theirs).keys() <= vars(ours).keys()
    same_mixture(ours, theirs, rtol=10 * RTOL[dtype])
    for name in ("precisions_", "lower_bounds_", "lower_bound_"):
        found, expected = (np.asarray(getattr(m, name)) for m in (ours, theirs))
        assert found.shape == expected.shape
        assert found.dtype == np.float64
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, atol=10 * RTOL[dtype] * scale)
    for name in ("n_iter_", "converged_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name)
        assert type(getattr(ours, name)) is type(getattr(theirs, name)), name
    assert type(ours.lower_bounds_) is list
    assert isinstance(ours.lower_bound_, float)


def test_what_it_says_of_rows(fitted, dtype):
    X, ours, theirs = fitted
    new = X[::3] + dtype(0.1)
    exact = new.astype(float)
    rtol = RTOL[dtype]
    for name in ("score_samples", "predict_proba"):
        found, expected = getattr(ours, name)(new), getattr(theirs, name)(exact)
        assert found.dtype == dtype
        assert found.shape == expected.shape
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, atol=30 * rtol * scale, rtol=0)
    labels = ours.predict(new)
    assert labels.dtype == np.int64
    sure = theirs.predict_proba(exact).max(axis=1) > 0.6
    np.testing.assert_array_equal(labels[sure], theirs.predict(exact)[sure])
    for name in ("score", "aic", "bic"):
        found, expected = getattr(ours, name)(new), getattr(theirs, name)(exact)
        assert isinstance(found, float)
        assert found == pytest.approx(expected, rel=rtol)


def test_where_it_converges(data, type_, start, given, pair, same_mixture):
    X, k = data
    where = given(start(X, k, type_))
    ours, theirs = pair(k, covariance_type=type_, max_iter=500, tol=1e-4, **where)
    ours.fit(X)
    theirs.fit(X)
    assert ours.n_iter_ == theirs.n_iter_ > 2 or k == 1
    assert ours.converged_ is theirs.converged_ is True
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=1e-9)
    same_mixture(ours, theirs, rtol=1e-6)


def test_no_iteration(data, type_, start, given):
    """The initial parameters are kept, without a warning."""
    X, k = data
    begin = start(X, k, type_)
    mixture = GaussianMixture(k, covariance_type=type_, max_iter=0, **given(begin))
    mixture.fit(X)
    assert (mixture.n_iter_, mixture.converged_) == (0, False)
    assert (mixture.lower_bound_, mixture.lower_bounds_) == (-np.inf, [])
    np.testing.assert_array_equal(mixture.weights_, begin.weights)
    np.testing.assert_array_equal(mixture.means_, begin.means)
    np.testing.assert_allclose(mixture.precisions_, begin.precisions, rtol=1e-12)
    exact = em(X, begin, covariance_type=type_, n_iter=0)
    assert mixture.score(X) == pytest.approx(exact.log_likelihood, rel=1e-10)
    np.testing.assert_allclose(mixture.covariances_, exact.covariances, rtol=1e-12)


def test_regularisation(data, type_, start, given, pair, same_mixture, unconverged):
    X, k = data
    where = given(start(X, k, type_))
    ours, theirs = pair(k, covariance_type=type_, max_iter=5, reg_covar=0.5, **where)
    same_mixture(unconverged(ours.fit, X), unconverged(theirs.fit, X), rtol=1e-8)


def test_fit_predict(data, type_, dtype):
    X, k = data
    mixture = GaussianMixture(k, covariance_type=type_, random_state=0)
    labels = mixture.fit_predict(X.astype(dtype))
    np.testing.assert_array_equal(labels, mixture.predict(X.astype(dtype)))


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random_from_data"])
def test_fits_of_their_own_starts_are_as_likely(init_params, type_, unconverged):
    """Optima differ from start to start: on average not by half a percent."""
    X, k = DATA["eight features"]()
    parameters = {"covariance_type": type_, "init_params": init_params}

    def average(estimator):
        fits = (estimator(k, random_state=seed, **parameters) for seed in range(4))
        return np.mean([unconverged(fit.fit, X).lower_bound_ for fit in fits])

    expected = average(sklearn.mixture.GaussianMixture)
    assert average(GaussianMixture) >= expected - 5e-3 * abs(expected)
