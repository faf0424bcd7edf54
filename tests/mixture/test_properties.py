"""What holds for any rows and any start, looked for in arbitrary ones."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.exceptions import ConvergenceWarning

from latentia import GaussianMixture
from latentia.benchmarks.reference_numpy import Start, em, inverse
from latentia.mixture.parameters import CollapsedCovarianceError

FEW = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TYPES = ["full", "tied", "diag", "spherical"]


@st.composite
def problems(draw):
    """(X, start, type, weights): small integers with some noise, so nothing is tied."""
    type_ = draw(st.sampled_from(TYPES))
    d, k = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    n = draw(st.integers(2 * d + 2 * k + 3, 60))
    seed = draw(st.integers(0, 999))
    rng = np.random.default_rng(seed)
    X = draw(arrays.arrays(np.int8, (n, d), elements=st.integers(-9, 9)))
    X = X + rng.uniform(-1, 1, (n, d))
    means = X[rng.permutation(n)[:k]] + 0.1 * rng.standard_normal((k, d))
    spread = np.cov(X.T).reshape(d, d) + 0.1 * np.eye(d)
    covariances = {
        "full": np.tile(spread, (k, 1, 1)),
        "tied": spread,
        "diag": np.tile(np.diagonal(spread), (k, 1)),
        "spherical": np.full(k, np.trace(spread) / d),
    }[type_]
    weights = rng.uniform(0.1, 1, k)
    start = Start(weights / weights.sum(), means, inverse(covariances, type_))
    return X, start, type_, rng.integers(1, 4, n)


def fit(problem, X=None, *, sample_weight=None, max_iter=4, **parameters):
    """Return the mixture after some iterations from the problem's start."""
    original, start, type_, _ = problem
    settings_ = {"reg_covar": 1e-3, "tol": 0, "max_iter": max_iter, **parameters}
    mixture = GaussianMixture(
        len(start.weights),
        covariance_type=type_,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.precisions,
        **settings_,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(original if X is None else X, sample_weight=sample_weight)


def near(ours, theirs, rtol):
    for name in ("weights_", "means_", "covariances_"):
        found, expected = getattr(ours, name), getattr(theirs, name)
        atol = rtol * max(1, np.abs(expected).max())
        np.testing.assert_allclose(found, expected, rtol=0, atol=atol, err_msg=name)
    np.testing.assert_allclose(ours.lower_bounds_, theirs.lower_bounds_, rtol=rtol)


@FEW
@given(problem=problems())
def test_plain_em(problem):
    X, start, type_, weights = problem
    mixture = fit(problem, sample_weight=weights)
    exact = em(
        X,
        start,
        covariance_type=type_,
        n_iter=4,
        sample_weight=weights,
        reg_covar=1e-3,
    )
    np.testing.assert_allclose(mixture.lower_bounds_, exact.log_likelihoods, rtol=1e-8)
    for name in ("weights", "means", "covariances"):
        expected = getattr(exact, name)
        np.testing.assert_allclose(
            getattr(mixture, f"{name}_"), expected, atol=1e-7 * np.abs(expected).max()
        )


@pytest.mark.filterwarnings("ignore:component .* has lost digits:UserWarning")
@FEW
@given(problem=problems())
def test_likelihood_never_falls(problem):
    """Without regularisation, whoever adds the iterations up."""
    try:
        whole = fit(problem, reg_covar=0, max_iter=12)
    except CollapsedCovarianceError:
        reject()
    bounds = np.array([*whole.lower_bounds_, whole.score(problem[0])])
    rounding = 1e-10 * np.abs(bounds).max()
    assert (np.diff(bounds) >= -rounding).all()
    parts = fit(problem, reg_covar=0, warm_start=True, max_iter=3)
    bounds = list(parts.lower_bounds_)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(3):
            bounds += parts.fit(problem[0]).lower_bounds_
    assert (np.diff(bounds) >= -rounding).all()
    np.testing.assert_allclose(bounds, whole.lower_bounds_, atol=rounding)


@FEW
@given(problem=problems())
def test_weights_are_repetitions(problem):
    X, weights = problem[0], problem[3]
    near(
        fit(problem, sample_weight=weights),
        fit(problem, np.repeat(X, weights, axis=0)),
        1e-8,
    )


@FEW
@given(problem=problems(), scale=st.sampled_from([1e-300, 1e-9, 0.3, 7.0, 1e300]))
def test_only_ratios_of_weights_matter(problem, scale):
    weights = problem[3]
    near(
        fit(problem, sample_weight=weights * scale),
        fit(problem, sample_weight=weights),
        1e-8,
    )


@FEW
@given(problem=problems(), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(problem, seed):
    X = problem[0]
    order = np.random.default_rng(seed).permutation(len(X))
    near(fit(problem, X[order]), fit(problem), 1e-8)


@FEW
@given(problem=problems())
def test_single_precision(problem):
    """float32 is near float64 of the same numbers."""
    X = problem[0].astype(np.float32)
    ours, exact = fit(problem, X), fit(problem, X.astype(float))
    assert np.abs(np.subtract(ours.lower_bounds_, exact.lower_bounds_)).max() < 2e-3
    assert abs(float(ours.score(X)) - exact.score(X)) < 2e-3


@FEW
@given(problem=problems())
def test_what_is_said_of_rows(problem):
    X = problem[0]
    mixture = fit(problem)
    r = mixture.predict_proba(X)
    np.testing.assert_allclose(r.sum(axis=1), 1, rtol=1e-13)
    assert (r >= 0).all()
    top = np.sort(r, axis=1)
    clear = (top[:, -1] - top[:, :-1].max(axis=1, initial=0)) > 1e-9
    np.testing.assert_array_equal(mixture.predict(X)[clear], r.argmax(axis=1)[clear])
    assert mixture.score(X) == np.mean(mixture.score_samples(X))
    # One row at a time, and in another order of memory: each says the same.
    np.testing.assert_allclose(mixture.predict_proba(X[:1]), r[:1], atol=1e-12)
    np.testing.assert_allclose(
        mixture.predict_proba(np.asfortranarray(X)), r, atol=1e-12
    )


@FEW
@given(problem=problems(), shift=st.sampled_from([-1e5, 3.0, 1e6]))
def test_a_shift_is_a_shift(problem, shift):
    """If rows and start are shifted together, the result is shifted alike."""
    X, start, type_, weights = problem
    # Powers of two: no digit of X is lost.
    X = np.round(X * 2**10) / 2**10
    begin = Start(
        start.weights, np.round(start.means * 2**10) / 2**10, start.precisions
    )
    here = fit((X, begin, type_, weights))
    there = fit((X + shift, begin._replace(means=begin.means + shift), type_, weights))
    there.means_ -= shift
    near(there, here, 1e-7)
