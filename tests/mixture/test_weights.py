"""Sample weights in whole fits: what hypothesis cannot reach through a given start."""

import numpy as np
import pandas as pd
import pytest

from latentia import GaussianMixture


@pytest.mark.parametrize("far", [1e5, 1e10])
def test_rows_of_weight_zero_do_not_exist(X, type_, dtype, far):
    """Neither in the start nor after it, wherever they lie."""
    X = X.astype(dtype)
    weight = np.ones(len(X))
    weight[::3] = 0
    spoilt = X.copy()
    spoilt[::3] = far
    for init_params in ("kmeans", "k-means++", "random_from_data"):
        parameters = {"init_params": init_params, "random_state": 0, "tol": 1e-5}
        mixture = GaussianMixture(3, covariance_type=type_, max_iter=500, **parameters)
        mixture.fit(spoilt, sample_weight=weight)
        assert np.abs(mixture.means_).max() < 20
        alone = GaussianMixture(3, covariance_type=type_, max_iter=500, **parameters)
        alone.fit(X[weight > 0])
        expected = alone.score(X[weight > 0])
        assert mixture.score(X[weight > 0]) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("far", [1e5, 1e10])
def test_random_shares_do_not_see_rows_of_weight_zero(X, type_, dtype, far):
    X = X.astype(dtype)
    weight = np.ones(len(X))
    weight[::3] = 0
    spoilt = X.copy()
    spoilt[::3] = far
    mixture = GaussianMixture(
        3, covariance_type=type_, init_params="random", max_iter=0, random_state=0
    ).fit(spoilt, sample_weight=weight)
    np.testing.assert_allclose(
        mixture.weights_ @ mixture.means_,
        X[weight > 0].astype(float).mean(axis=0),
        rtol=1e-6 if dtype == np.float32 else 1e-9,
    )


def test_a_heavy_row_attracts(X):
    weight = np.ones(len(X))
    weight[17] = 1e6
    for init_params in ("kmeans", "k-means++"):
        mixture = GaussianMixture(
            3, init_params=init_params, random_state=0, max_iter=500
        ).fit(X, sample_weight=weight)
        heavy = mixture.weights_.argmax()
        assert mixture.weights_[heavy] > 0.99
        np.testing.assert_allclose(mixture.means_[heavy], X[17], atol=1e-2)


FORMS = {
    "a list": list,
    "integers": lambda w: w.astype(np.int16),
    "float32": lambda w: w.astype(np.float32),
    "a series": lambda w: pd.Series(w, index=w[::-1]),
    "apart": lambda w: np.repeat(w, 2)[::2],
    "backwards": lambda w: w[::-1].copy()[::-1],
    "read-only": lambda w: np.frombuffer(w.tobytes()),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms_of_weights(X, form, same_mixture):
    weight = np.random.default_rng(0).integers(0, 4, len(X)).astype(float)
    expected = GaussianMixture(3, random_state=0).fit(X, sample_weight=weight)
    same_mixture(
        GaussianMixture(3, random_state=0).fit(X, sample_weight=form(weight)), expected
    )


@pytest.mark.parametrize("weight", [1.0, 3, np.float32(0.5), None])
def test_equal_weights_are_no_weights(X, dtype, weight, same_mixture):
    X = X.astype(dtype)
    expected = GaussianMixture(3, random_state=0).fit(X)
    for given in (weight, None if weight is None else np.full(len(X), weight)):
        mixture = GaussianMixture(3, random_state=0).fit(X, sample_weight=given)
        same_mixture(mixture, expected, rtol=1e-5 if dtype == np.float32 else 1e-10)


def test_fit_predict_takes_weights(X):
    weight = np.random.default_rng(0).uniform(size=len(X))
    mixture = GaussianMixture(3, random_state=0)
    labels = mixture.fit_predict(X, sample_weight=weight)
    again = GaussianMixture(3, random_state=0).fit(X, sample_weight=weight)
    np.testing.assert_array_equal(labels, again.predict(X))


def test_weights_are_not_written_to(X):
    weight = np.arange(len(X), dtype=float)
    GaussianMixture(3, random_state=0).fit(X, sample_weight=weight)
    np.testing.assert_array_equal(weight, np.arange(len(X)))


@pytest.mark.parametrize("small", [1e-30, 1e-200])
def test_weights_of_very_different_size(X, dtype, small):
    """Those that hardly count are as good as zero, and none is worse for it."""
    X = X.astype(dtype)
    weight = np.ones(len(X))
    weight[:100] = small
    mixture = GaussianMixture(3, random_state=0, max_iter=500).fit(
        X, sample_weight=weight
    )
    alone = GaussianMixture(3, random_state=0, max_iter=500).fit(X[100:])
    assert mixture.score(X[100:]) == pytest.approx(alone.score(X[100:]), abs=2e-2)


WRONG = {
    "negative": (
        lambda w: w - 1.5,
        "sample_weight must be non-negative, got -1.5 at 0",
    ),
    "zero": (np.zeros_like, "sample_weight must be positive for at least one sample"),
    "NaN": (
        lambda w: np.where(w == 3, np.nan, w),
        r"sample_weight must be finite, got nan at \(3",
    ),
    "infinite": (
        lambda w: np.where(w == 7, np.inf, w),
        "sample_weight must be finite, got inf",
    ),
    "too few": (lambda w: w[1:], r"sample_weight must have the shape \(401,\), got"),
    "two axes": (lambda w: w[:, np.newaxis], r"sample_weight must have the shape"),
    "text": (lambda w: ["much"] * len(w), "sample_weight must be an array of numbers"),
    "complex": (lambda w: w + 0j, "array of numbers, got a ndarray of complex128"),
    "negative number": (lambda w: -2.0, "sample_weight must be non-negative, got -2.0"),
    "no number": (lambda w: float("nan"), "sample_weight must be finite, got nan"),
    "few with weight": (lambda w: w < 2, "n_components = 3, n_samples = 2 with"),
}


@pytest.mark.parametrize("method", ["fit", "fit_predict", "partial_fit"])
@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_wrong_weights(X, make, message, method):
    weight = make(np.arange(len(X), dtype=float))
    mixture = GaussianMixture(3)
    with pytest.raises((TypeError, ValueError), match=message):
        getattr(mixture, method)(X, sample_weight=weight)
    assert not hasattr(mixture, "weights_")
