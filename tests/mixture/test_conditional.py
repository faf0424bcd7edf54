"""Some features of a mixture, and the others given them."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from latentia import GaussianMixture
from latentia import rows as elsewhere

GIVEN = [
    [3, 1],
    [0, 2, 3],
    pytest.param([0], marks=pytest.mark.slow),
    pytest.param([2], marks=pytest.mark.slow),
]


@pytest.fixture
def fitted(made, type_):
    X = made(400, 4, 3)
    mixture = GaussianMixture(3, covariance_type=type_, random_state=0, max_iter=500)
    return mixture.fit(X), X


def matrices(mixture):
    """Covariances (K, d, d), whatever the type."""
    k, d = mixture.means_.shape
    if mixture.covariance_type in ("full", "tied"):
        return np.broadcast_to(mixture.covariances_, (k, d, d))
    return mixture.covariances_.reshape(k, -1, 1) * np.eye(d)


def textbook(mixture, given, values):
    """Weights, means and covariances by the formulas with inverses."""
    rest = [j for j in range(mixture.means_.shape[1]) if j not in given]
    log_weight, means, covariances = [], [], []
    parameters = zip(mixture.weights_, mixture.means_, matrices(mixture), strict=True)
    for weight, mean, S in parameters:
        inverse = np.linalg.inv(S[np.ix_(given, given)])
        slopes = S[np.ix_(rest, given)] @ inverse
        means.append(mean[rest] + slopes @ (values - mean[given]))
        covariances.append(S[np.ix_(rest, rest)] - slopes @ S[np.ix_(given, rest)])
        density = multivariate_normal(mean[given], S[np.ix_(given, given)])
        log_weight.append(np.log(weight) + density.logpdf(values))
    weights = np.exp(log_weight - logsumexp(log_weight))
    return weights, np.array(means), np.array(covariances)


@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_condition(fitted, given, type_):
    mixture, X = fitted
    for row in (3, 77):
        found = mixture.condition(given, X[row, given])
        weights, means, covariances = textbook(mixture, given, X[row, given])
        assert found.covariance_type == type_
        assert found.n_components == 3
        np.testing.assert_allclose(found.weights_, weights, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(found.means_, means, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(matrices(found), covariances, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_bayes(fitted, given):
    """p(given, rest) = p(given)·p(rest | given), at every row."""
    mixture, X = fitted
    rest = [j for j in range(4) if j not in given]
    joint, of_given = mixture.score_samples(X), mixture.marginal(given)
    for row in range(0, 400, 40):
        conditional = mixture.condition(given, X[row, given])
        found = conditional.score_samples(X[row : row + 1, rest])[0]
        found += of_given.score_samples(X[row : row + 1, given])[0]
        assert found == pytest.approx(joint[row], rel=1e-9)


@pytest.mark.parametrize("features", GIVEN, ids=str)
def test_marginal(fitted, features, type_):
    mixture, X = fitted
    found = mixture.marginal(features)
    expected = logsumexp(
        [
            np.log(weight)
            + multivariate_normal(mean[features], S[np.ix_(features, features)]).logpdf(
                X[:, features]
            )
            for weight, mean, S in zip(
                mixture.weights_, mixture.means_, matrices(mixture), strict=True
            )
        ],
        axis=0,
    )
    np.testing.assert_allclose(found.score_samples(X[:, features]), expected)
    assert found.covariance_type == type_
    np.testing.assert_array_equal(mixture.marginal(np.arange(4)).means_, mixture.means_)


@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_conditional_mean(fitted, given, dtype):
    """Row by row the mean of the conditional mixture, wherever the rows are."""
    mixture, X = fitted
    rows = np.ascontiguousarray(X[:, given].astype(dtype))
    found = mixture.conditional_mean(given, rows)
    assert (found.shape, found.dtype) == ((400, 4 - len(given)), dtype)
    rtol = 1e-5 if dtype == np.float32 else 1e-9
    for row in range(0, 400, 23):
        conditional = mixture.condition(given, rows[row])
        expected = conditional.weights_ @ conditional.means_
        np.testing.assert_allclose(found[row], expected, rtol=rtol, atol=rtol)
    blocks = [rows[:150], rows[150:]]
    there = elsewhere.open(lambda: iter(blocks), memory=16 * 150 * 4 * 8)
    np.testing.assert_array_equal(mixture.conditional_mean(given, there), found)
    da = pytest.importorskip("dask.array")
    there = mixture.conditional_mean(given, da.from_array(rows, chunks=(100, -1)))
    np.testing.assert_allclose(np.asarray(there), found, rtol=1e-6)


def test_regression_on_a_curve():
    """A mixture of lines follows a sine to a hundredth."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 6, 3000)
    X = np.c_[x, np.sin(x) + 0.01 * rng.standard_normal(3000)]
    mixture = GaussianMixture(20, random_state=0, reg_covar=1e-8, max_iter=500).fit(X)
    new = np.linspace(0.3, 5.7, 50)
    found = mixture.conditional_mean([0], new[:, np.newaxis])
    np.testing.assert_allclose(found[:, 0], np.sin(new), atol=0.03)


def test_far_from_all_components(fitted):
    mixture, _ = fitted
    found = mixture.condition(0, 1e6)
    assert found.weights_.sum() == pytest.approx(1)
    assert np.isfinite(found.means_).all()


@pytest.mark.parametrize("power", [-30, 30])
def test_units(fitted, power):
    """The conditional mean of scaled features is the scaled conditional mean."""
    mixture, X = fitted
    u = 10.0 ** np.array([power] * 4)
    scaled = GaussianMixture.from_parameters(
        mixture.weights_,
        mixture.means_ * u,
        mixture.covariances_ * u[0] ** 2,
        covariance_type=mixture.covariance_type,
    )
    expected = mixture.conditional_mean([0, 1], X[:, :2])
    found = scaled.conditional_mean([0, 1], X[:, :2] * u[:2])
    np.testing.assert_allclose(found / u[2:], expected, rtol=1e-9, atol=1e-12)


def test_names(made):
    frame = pd.DataFrame(made(200, 3, 2), columns=["height", "weight", "age"])
    mixture = GaussianMixture(2, random_state=0).fit(frame)
    found = mixture.condition("weight", [0.5])
    assert list(found.feature_names_in_) == ["height", "age"]
    np.testing.assert_array_equal(found.means_, mixture.condition(1, 0.5).means_)
    np.testing.assert_array_equal(
        found.means_, mixture.condition([False, True, False], 0.5).means_
    )
    two = mixture.marginal(["age", "height"])
    assert list(two.feature_names_in_) == ["age", "height"]
    assert np.isfinite(two.score(frame[["age", "height"]]))
    np.testing.assert_array_equal(two.means_, mixture.marginal([-1, 0]).means_)


def test_what_comes_out_is_a_mixture(fitted, tmp_path, unconverged):
    mixture, X = fitted
    for found in (mixture.marginal([0, 2]), mixture.condition([1, 3], [0.0, 1.0])):
        assert found.sample(5)[0].shape == (5, 2)
        found.save(tmp_path / "m.safetensors", overwrite=True)
        GaussianMixture.load(tmp_path / "m.safetensors").score(X[:, :2])
        found.partial_fit(X[:, [0, 2]])
        assert found.condition(0, 1.0).n_features_in_ == 1


def test_changes_by_hand_count(fitted):
    mixture, _ = fitted
    before = mixture.condition(0, 1.0).means_
    mixture.means_ += 1
    assert (mixture.condition(0, 1.0).means_ != before).all()


@pytest.mark.parametrize(
    ("features", "values", "message"),
    [
        (4, 0.0, "at least -4 and less than n_features=4, got 4"),
        (-5, 0.0, "less than n_features=4, got -5"),
        ([0, 0], [0, 0], "differ from each other"),
        ([0, -4], [0, 0], "differ from each other"),
        ([], [], "at least one"),
        ([[0, 1]], [0, 0], "at least one"),
        (1.5, 0.0, "numbers or names, got"),
        ("age", 0.0, "features must be numbers, as X had no names in fit, got 'age'"),
        ([True, False], 0.0, r"mask of n_features=4.*\(2,\)"),
        ([0, 1, 2, 3], [0] * 4, "must leave out at least one of n_features=4, got all"),
        ([0, 1], [0.0], r"values must have the shape \(2,\)"),
        (0, np.nan, "values must be finite, got nan"),
        (0, 1e200, r"values must be at most 1e\+150, .*got a number of size 1e\+200"),
        (0, "high", "values must be an array of numbers"),
    ],
    ids=str,
)
def test_wrong_arguments(fitted, features, values, message):
    with pytest.raises((TypeError, ValueError), match=message):
        fitted[0].condition(features, values)


def test_wrong_rows(fitted):
    mixture, X = fitted
    with pytest.raises(ValueError, match=r"X has 4 features.*2 features"):
        mixture.conditional_mean([0, 1], X)
    with pytest.raises(ValueError, match="NaN"):
        mixture.conditional_mean([0], np.full((3, 1), np.nan))
