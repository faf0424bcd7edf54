"""Rows that leave EM little to work with."""

import itertools

import numpy as np
import pytest

from latentia import GaussianMixture
from latentia.mixture.parameters import CollapsedCovarianceError

WAYS = ["kmeans", "k-means++", "random_from_data", "random"]


def assert_whole(mixture, X):
    """Finite, positive definite, and of some use."""
    for name in ("weights_", "means_", "covariances_", "precisions_", "lower_bounds_"):
        assert np.isfinite(getattr(mixture, name)).all(), name
    assert mixture.weights_.sum() == pytest.approx(1)
    assert (mixture.weights_ >= 0).all()
    assert np.isfinite(mixture.score_samples(X)).all()
    np.testing.assert_allclose(mixture.predict_proba(X).sum(axis=1), 1, rtol=1e-5)
    assert np.isfinite(mixture.sample(9)[0]).all()


def test_identical_rows(type_, dtype, case):
    for init_params, k in itertools.product(WAYS, [1, 3]):
        with case(init_params=init_params, k=k):
            X = np.full((50, 3), 1.7, dtype)
            parameters = {"covariance_type": type_, "init_params": init_params}
            mixture = GaussianMixture(k, random_state=0, **parameters).fit(X)
            assert_whole(mixture, X)
            np.testing.assert_allclose(
                mixture.weights_ @ mixture.means_, X[0], rtol=1e-6
            )
            with pytest.raises(
                CollapsedCovarianceError, match=r"rows that coincide.*reg_covar"
            ):
                GaussianMixture(k, random_state=0, reg_covar=0, **parameters).fit(X)


def test_fewer_different_rows_than_components(type_, dtype, case):
    for init_params in WAYS:
        with case(init_params=init_params):
            X = np.repeat(np.eye(3), 20, axis=0).astype(dtype)
            mixture = GaussianMixture(
                5,
                covariance_type=type_,
                init_params=init_params,
                random_state=0,
                max_iter=500,
            ).fit(X)
            assert_whole(mixture, X)


def test_as_many_components_as_rows(type_, dtype, case):
    for init_params in WAYS:
        with case(init_params=init_params):
            X = np.random.default_rng(0).standard_normal((6, 2)).astype(dtype)
            mixture = GaussianMixture(
                6,
                covariance_type=type_,
                init_params=init_params,
                random_state=0,
                max_iter=500,
            ).fit(X)
            assert_whole(mixture, X)


@pytest.mark.parametrize("k", [1, 2])
def test_two_rows(type_, dtype, k):
    X = np.array([[0, 1], [4, 3]], dtype)
    assert_whole(GaussianMixture(k, covariance_type=type_, random_state=0).fit(X), X)


def test_one_component(type_, made):
    """The moments of all rows, after one iteration."""
    X = made(100, 3, 3)
    mixture = GaussianMixture(1, covariance_type=type_, reg_covar=0).fit(X)
    assert mixture.n_iter_ == 2
    np.testing.assert_allclose(mixture.means_[0], X.mean(axis=0), rtol=1e-12)
    np.testing.assert_array_equal(mixture.weights_, [1])
    S = np.cov(X.T, bias=True)
    expected = {"diag": [np.diag(S)], "spherical": [np.trace(S) / 3], "full": [S]}
    np.testing.assert_allclose(
        mixture.covariances_, expected.get(type_, S), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("k", [1, 3])
def test_one_feature(type_, made, dtype, k):
    """All types are one type, but for what "tied" shares."""
    X = made(500, 1, 3, apart=8.0).astype(dtype)
    mixture = GaussianMixture(k, covariance_type=type_, random_state=0).fit(X)
    assert_whole(mixture, X)
    if type_ != "tied":
        full = GaussianMixture(k, random_state=0).fit(X)
        assert mixture.score(X) == pytest.approx(full.score(X), rel=1e-5)


def collinear(seed, d=3, n=200):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return np.c_[X, X @ rng.standard_normal(d)]


@pytest.mark.parametrize("type_", ["full", "tied"])
@pytest.mark.parametrize("d", [1, 2, 5])
def test_features_that_depend_on_each_other(type_, d):
    """Singular is singular: not only where rounding happens to find a pivot ≤ 0."""
    for seed in range(12):
        X = collinear(seed, d)
        mixture = GaussianMixture(1, covariance_type=type_, reg_covar=0)
        with pytest.raises(CollapsedCovarianceError, match="depend on each other"):
            mixture.fit(X)


@pytest.mark.parametrize("type_", ["diag", "spherical"])
@pytest.mark.parametrize("init_params", ["kmeans", "random"])
def test_a_component_that_shrinks_to_a_row(type_, dtype, init_params, unconverged):
    """Without regularisation: an error, or else numbers and a likelihood that rises."""
    for seed in range(30):
        X = np.random.default_rng(seed).standard_normal((30, 3)).astype(dtype)
        mixture = GaussianMixture(
            6,
            covariance_type=type_,
            reg_covar=0,
            init_params=init_params,
            random_state=seed,
        )
        try:
            unconverged(mixture.fit, X)
        except CollapsedCovarianceError:
            continue
        assert_whole(mixture, X)
        assert (np.diff(mixture.lower_bounds_) > -1e-3).all()


@pytest.mark.parametrize("far", [1, 10, 100])
def test_a_start_far_from_a_tight_component(type_, far):
    """What a mean moves by does not swallow a variance of float32 rows."""
    X = (1e-3 * np.random.default_rng(0).standard_normal((500, 3))).astype(np.float32)
    parameters = {
        "covariance_type": type_,
        "means_init": [[far] * 3],
        "reg_covar": 1e-9,
    }
    single = GaussianMixture(1, **parameters).fit(X)
    double = GaussianMixture(1, **parameters).fit(X.astype(float))
    np.testing.assert_allclose(single.covariances_, double.covariances_, atol=1e-8)


@pytest.mark.parametrize("repeat", ["a copy", "a constant", "a multiple"])
def test_dependent_features_with_the_default(type_, dtype, repeat, made):
    X = made(300, 3, 2, apart=6.0)
    extra = {
        "a copy": X[:, 0],
        "a constant": 0 * X[:, 0] + 5,
        "a multiple": -9 * X[:, 1],
    }
    X = np.c_[X, extra[repeat]].astype(dtype)
    mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(X)
    assert_whole(mixture, X)


def test_a_constant_feature_without_regularisation(type_, X):
    X = np.c_[X, np.full(len(X), 3.3)]
    mixture = GaussianMixture(2, covariance_type=type_, reg_covar=0, random_state=0)
    if type_ == "spherical":
        assert_whole(mixture.fit(X), X)
    else:
        with pytest.raises(CollapsedCovarianceError, match="raise reg_covar"):
            mixture.fit(X)


def test_more_features_than_rows(type_, dtype, made):
    X = made(20, 50, 2).astype(dtype)
    mixture = GaussianMixture(
        2, covariance_type=type_, random_state=0, reg_covar=1e-3, max_iter=500
    ).fit(X)
    assert_whole(mixture, X)


@pytest.mark.parametrize("far", [1e4, 1e9, 1e30])
def test_a_component_that_dies(type_, dtype, far, made):
    """Where no row is near it: the others are as if it were not there."""
    X = made(400, 3, 2, apart=5.0).astype(dtype)
    means = np.r_[X[:2].astype(float), [[far, -far, far]]]
    parameters = {"covariance_type": type_, "random_state": 0, "max_iter": 500}
    mixture = GaussianMixture(3, means_init=means, **parameters).fit(X)
    assert_whole(mixture, X)
    assert mixture.weights_[2] < 1e-12
    np.testing.assert_allclose(mixture.means_[2], means[2], rtol=1e-5)
    alone = GaussianMixture(2, means_init=means[:2], **parameters).fit(X)
    assert mixture.score(X) == pytest.approx(alone.score(X), abs=1e-3)


@pytest.mark.parametrize("name", ["means_init", "precisions_init"])
def test_starts_beyond_the_rows_type(type_, X, start, name):
    """float32 cannot hold them: an error that names them, or a mixture all the same."""
    begin = start(X, 3, type_)
    value = {
        "means_init": np.r_[X[:2], [[1e100] * 3]],
        "precisions_init": 1e80 * begin.precisions,
    }[name]
    X = X.astype(np.float32)
    mixture = GaussianMixture(
        3, covariance_type=type_, random_state=0, max_iter=500, **{name: value}
    )
    try:
        mixture.fit(X)
    except ValueError as error:
        assert name in str(error)  # noqa: PT017
    else:
        assert_whole(mixture, X)


def test_a_start_that_no_row_is_near(type_, dtype, made):
    """All components far off, and one nearest to every row."""
    X = made(400, 3, 2, apart=5.0).astype(dtype)
    means = np.array([[1e4, 0, 0], [0, 2e4, 0]])
    mixture = GaussianMixture(
        2, covariance_type=type_, means_init=means, random_state=0, max_iter=500
    ).fit(X)
    assert_whole(mixture, X)


def test_weight_zero_from_the_start(type_, X):
    mixture = GaussianMixture(
        3, covariance_type=type_, weights_init=[0.5, 0.0, 0.5], random_state=0
    ).fit(X)
    assert_whole(mixture, X)
    assert mixture.weights_[1] < 1e-12


def test_many_components(type_, dtype, made):
    X = made(1200, 2, 5).astype(dtype)
    mixture = GaussianMixture(
        150, covariance_type=type_, random_state=0, max_iter=500, tol=1e-2
    ).fit(X)
    assert_whole(mixture, X)


def test_rows_on_a_lattice(type_, dtype, case):
    """Ties everywhere: equal rows, and rows equally far from two centres."""
    for init_params in WAYS:
        with case(init_params=init_params):
            X = np.stack(np.meshgrid(range(5), range(5)), axis=-1).reshape(-1, 2)
            X = np.r_[X, X, X].astype(dtype)
            mixture = GaussianMixture(
                4,
                covariance_type=type_,
                init_params=init_params,
                random_state=0,
                max_iter=900,
            ).fit(X)
            assert_whole(mixture, X)
