"""Made mixtures, starts for EM, and scikit-learn's class next to ours."""

import warnings

import numpy as np
import pytest
import sklearn.mixture
from sklearn.exceptions import ConvergenceWarning

from latentia import GaussianMixture
from latentia.benchmarks.reference_numpy import Start, inverse

TYPES = ["full", "tied", "diag", "spherical"]


@pytest.fixture(params=TYPES)
def type_(request):
    """A covariance type."""
    return request.param


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return request.param


def _made(n=401, d=3, k=3, *, apart=3.0, seed=0):
    """Return rows of k Gaussians whose means lie some ``apart``·√2 deviations apart."""
    rng = np.random.default_rng(seed)
    means = apart * rng.standard_normal((k, d)) + 1
    y = rng.integers(k, size=n)
    spread = rng.standard_normal((k, d, d)) / np.sqrt(d) + np.eye(d)
    X = np.einsum("ni,nij->nj", rng.standard_normal((n, d)), spread[y])
    return X + means[y]


@pytest.fixture
def made():
    """made(n, d, k): rows of a mixture."""
    return _made


@pytest.fixture
def X():
    """Rows of three Gaussians (401, 3)."""
    return _made()


def _start(X, k, type_, seed=0):
    """Return a poor start: EM has some way to go from it."""
    rng = np.random.default_rng(seed)
    d = X.shape[1]
    variance = float(X.astype(float).var())
    covariances = {
        "full": np.tile(variance * np.eye(d), (k, 1, 1)),
        "tied": variance * np.eye(d),
        "diag": np.full((k, d), variance),
        "spherical": np.full(k, variance),
    }[type_]
    means = X[rng.choice(len(X), k, replace=False)].astype(float)
    return Start(np.full(k, 1 / k), means, inverse(covariances, type_))


@pytest.fixture
def start():
    """start(X, k, type): weights, means and precisions to begin with."""
    return _start


@pytest.fixture
def given():
    """given(start): it as arguments of the estimators."""
    return lambda start: {f"{k}_init": v for k, v in start._asdict().items()}


@pytest.fixture
def pair():
    """pair(k, **parameters): our estimator and scikit-learn's."""

    def make(*args, **parameters):
        theirs = sklearn.mixture.GaussianMixture(*args, **parameters)
        return GaussianMixture(*args, **parameters), theirs

    return make


@pytest.fixture
def unconverged():
    """unconverged(function): what it returns, where it may stop before the end."""

    def call(function, *args, **settings):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return function(*args, **settings)

    return call


def _same_mixture(ours, theirs, rtol=0.0):
    """Parameters agree to ``rtol`` of the largest; to the bit if it is 0."""
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        found, expected = getattr(ours, name), getattr(theirs, name)
        atol = rtol * np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=0, atol=atol, err_msg=name)


@pytest.fixture
def same_mixture():
    """same_mixture(ours, theirs, rtol)."""
    return _same_mixture
