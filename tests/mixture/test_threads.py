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
