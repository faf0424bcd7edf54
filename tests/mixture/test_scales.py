"""Very large and very small numbers, outliers, and means far beyond the spread."""

import numpy as np
import pytest

from latentia import GaussianMixture
from latentia.mixture.parameters import CollapsedCovarianceError

SCALES = [(np.float32, 1e15), (np.float32, 1e-15), (np.float64, 1e15)]
SCALES += [(np.float64, 1e-15), (np.float64, 1e100), (np.float64, 1e-100)]


@pytest.mark.parametrize(("dtype", "scale"), SCALES)
@pytest.mark.parametrize("init_params", ["kmeans", "k-means++"])
def test_scale_is_a_factor(made, type_, dtype, scale, init_params):
    """All is as at scale 1, but for the unit; the regularisation has one too."""
    X = made(300, 3, 2, apart=6.0)
    scale = 2.0 ** np.round(np.log2(scale))
    parameters = {"covariance_type": type_, "random_state": 0, "max_iter": 500}
    parameters |= {"init_params": init_params, "n_init": 3}
    unit = GaussianMixture(2, reg_covar=1e-6, **parameters).fit(X.astype(dtype))
    scaled = (X.astype(dtype) * scale).astype(dtype)
    found = GaussianMixture(2, reg_covar=1e-6 * scale**2, **parameters).fit(scaled)
    rtol = 1e-3 if dtype == np.float32 else 1e-8
    np.testing.assert_allclose(found.weights_, unit.weights_, rtol=rtol)
    np.testing.assert_allclose(found.means_ / scale, unit.means_, atol=10 * rtol)
    np.testing.assert_allclose(
        found.covariances_ / scale**2, unit.covariances_, atol=30 * rtol
    )
    shift = 3 * np.log(scale)
    assert found.score(scaled) == pytest.approx(unit.score(X) - shift, rel=rtol)
    np.testing.assert_array_equal(found.predict(scaled), unit.predict(X.astype(dtype)))
    assert np.isfinite(found.sample(5)[0]).all()
    found.partial_fit(scaled)
    assert np.isfinite(found.score(scaled))


@pytest.mark.parametrize(("dtype", "scale"), SCALES)
def test_the_default_regularisation(made, type_, dtype, scale):
    """reg_covar is lost in large variances and exceeds small ones, without an error."""
    X = (made(300, 3, 2, apart=6.0) * scale).astype(dtype)
    mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(X)
    assert np.isfinite(mixture.score_samples(X)).all()
    if scale < 1:
        variance = mixture.covariances_
        if type_ in ("full", "tied"):
            variance = np.diagonal(variance, axis1=-2, axis2=-1)
        np.testing.assert_allclose(variance, 1e-6, rtol=1e-3)


@pytest.mark.parametrize("largest", [1e151, 1e300, 1.7e308])
def test_numbers_whose_squares_overflow(made, type_, largest):
    X = made(100, 2, 2)
    X[17, 1] = largest
    message = f"at most 1e.150, .*got a number of size {largest:.3g}"
    for method in ("fit", "partial_fit", "fit_predict"):
        mixture = GaussianMixture(2, covariance_type=type_)
        with pytest.raises(ValueError, match=message.replace("+", r"\+")):
            getattr(mixture, method)(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigmas", [1e4, 1e8])
@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random"])
def test_outliers(made, type_, dtype, sigmas, init_params):
    """One row far off, seen in the fit."""
    X = made(500, 3, 2, apart=6.0).astype(dtype)
    X[123] = [sigmas, -sigmas, 1]
    mixture = GaussianMixture(
        3, covariance_type=type_, random_state=0, init_params=init_params, max_iter=900
    )
    try:
        mixture.fit(X)
    except CollapsedCovarianceError:
        # Spread over all components it leaves float64 few digits of the other rows'
        # covariances: an error may be, a result that is not one may not.
        assert (sigmas, init_params) == (1e8, "random")
        return
    for name in ("weights_", "means_", "covariances_", "precisions_", "lower_bounds_"):
        assert np.isfinite(getattr(mixture, name)).all(), name
    assert np.isfinite(mixture.score_samples(X)).all()
    r = mixture.predict_proba(X)
    np.testing.assert_allclose(r.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("far", [1e8, 1e12, 1e16])
def test_outliers_in_new_rows(made, type_, dtype, far):
    """Seen after the fit only: unlikely, not impossible."""
    X = made(500, 3, 2, apart=6.0).astype(dtype)
    mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(X)
    new = X[:3].copy()
    new[1, 0] = far
    scores = mixture.score_samples(new)
    assert np.isfinite(scores).all()
    assert scores[1] < -far
    np.testing.assert_allclose(mixture.predict_proba(new).sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(scores[::2], mixture.score_samples(new[::2]), rtol=1e-5)


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("d", [2, 20])
def test_single_precision_does_not_cancel(type_, k, d):
    """Mean 1e4 and deviation 1e-2: variances to 1 % of those of the same numbers."""
    rng = np.random.default_rng(0)
    X = 1e4 + 1e-2 * rng.standard_normal((2000, d))
    X[: 1000 * (k - 1), 0] += 1
    X = X.astype(np.float32)
    parameters = {"covariance_type": type_, "reg_covar": 1e-9, "random_state": 0}
    single = GaussianMixture(k, **parameters).fit(X)
    double = GaussianMixture(k, **parameters).fit(X.astype(float))
    scale = np.abs(double.covariances_).max()
    np.testing.assert_allclose(
        single.covariances_, double.covariances_, atol=1e-2 * scale
    )
    np.testing.assert_allclose(single.means_, double.means_, rtol=1e-8)
    np.testing.assert_allclose(
        single.score_samples(X), double.score_samples(X.astype(float)), atol=0.1
    )
    np.testing.assert_array_equal(single.predict(X), double.predict(X.astype(float)))


@pytest.mark.parametrize("shift", [1e6, -1e8])
def test_double_precision_does_not_cancel(type_, shift, made):
    X = made(400, 3, 2, apart=6.0)
    parameters = {"covariance_type": type_, "random_state": 0, "reg_covar": 0}
    here = GaussianMixture(2, **parameters).fit(X)
    there = GaussianMixture(2, **parameters).fit(X + shift)
    np.testing.assert_allclose(there.covariances_, here.covariances_, atol=1e-6)
    assert there.score(X + shift) == pytest.approx(here.score(X), abs=1e-6)


def test_a_tight_component_beside_a_wide_one(type_):
    """What lies near zero is not rounded to the size of the rest."""
    rng = np.random.default_rng(0)
    tight = 1e-2 * rng.standard_normal((2000, 2))
    wide = 1e4 + rng.standard_normal((2000, 2))
    X = np.r_[tight, wide].astype(np.float32)
    parameters = {"covariance_type": type_, "reg_covar": 0, "random_state": 0}
    single = GaussianMixture(2, **parameters).fit(X)
    double = GaussianMixture(2, **parameters).fit(X.astype(float))
    np.testing.assert_allclose(
        single.covariances_, double.covariances_, rtol=0.02, atol=3e-6
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_of_different_scales(type_, dtype, made):
    """Full covariances do not see the units."""
    if type_ not in ("full", "tied"):
        pytest.skip("the others do: k-means alone would decide")
    X = made(600, 3, 2, apart=8.0)
    start = np.array([X[X[:, 0] < np.median(X[:, 0])].mean(axis=0), X.mean(axis=0)])
    units = np.array([2.0**-20, 1, 2.0**20])
    scores = [
        GaussianMixture(
            2, covariance_type=type_, means_init=start * u, reg_covar=0, max_iter=3000
        )
        .fit((X * u).astype(dtype))
        .score((X * u).astype(dtype))
        for u in (units, np.ones(3))
    ]
    assert scores[0] == pytest.approx(scores[1], abs=0.5)


def test_subnormal_numbers(type_):
    X = np.random.default_rng(0).uniform(-1, 1, (50, 2)) * 1e-310
    mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(X)
    assert np.isfinite(mixture.score_samples(X)).all()


def test_signed_zeros(type_, same_mixture):
    X = np.random.default_rng(0).integers(-2, 3, (60, 2)).astype(float)
    negative = np.where(X == 0, -0.0, X)
    for init_params in ("kmeans", "random"):
        parameters = {"init_params": init_params, "random_state": 0, "max_iter": 900}
        same_mixture(
            GaussianMixture(2, covariance_type=type_, **parameters).fit(negative),
            GaussianMixture(2, covariance_type=type_, **parameters).fit(X),
        )
