"""The bits of every covariance type for every number of threads."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from latentia import GaussianMixture

NAMES = ["weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"]


def parameters_of(mixture):
    return [getattr(mixture, name) for name in NAMES]


def assert_same(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_bits_do_not_depend_on_threads(made, type_, dtype):
    """Of a fit, of what it says of rows and of a further batch; BLAS's neither."""
    X = made(9001, 17, 5).astype(dtype)
    found = []
    for n_threads, blas in [(1, 1), (2, 2), (7, 1)]:
        with threadpool_limits(blas, user_api="blas"):
            mixture = GaussianMixture(
                9, covariance_type=type_, random_state=0, n_threads=n_threads, tol=0.05
            ).fit(X)
            mixture.partial_fit(X[:5000])
            rows = [mixture.predict_proba(X), mixture.score_samples(X)]
            found.append([*parameters_of(mixture), *rows, mixture.predict(X)])
    assert_same(found[1], found[0])
    assert_same(found[2], found[0])


@pytest.mark.parametrize("type_", ["full", "tied"])
def test_many_features_and_threads_of_blas(made, type_):
    """So many that LAPACK would divide them."""
    X = made(400, 150, 2)
    found = []
    for blas in (1, 2):
        with threadpool_limits(blas, user_api="blas"):
            mixture = GaussianMixture(2, covariance_type=type_, random_state=0)
            found.append(parameters_of(mixture.fit(X)))
    assert_same(*found)
