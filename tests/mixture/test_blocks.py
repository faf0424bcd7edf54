"""Rows in several blocks: EM must give what it gives in memory, up to rounding."""

import numpy as np
import pytest

from latentia.mixture.covariance import COVARIANCES
from latentia.mixture.em import expectation_maximisation, stepwise_iteration
from latentia.mixture.init import initial_parameters
from latentia.mixture.options import MixtureOptions
from latentia.mixture.parameters import Parameters, with_precisions
from latentia.mixture.scoring import labels, log_likelihood, responsibilities
from latentia.mixture.statistics import FitData, random_statistics
from latentia.rows import as_rows

CUTS = [0, 1, 8, 200, 201, 399, 401]


def options(type_, **changed):
    plain = {
        "n_components": 3,
        "covariance_type": COVARIANCES[type_],
        "tol": 0.0,
        "reg_covar": 1e-6,
        "max_iter": 5,
        "n_init": 1,
        "init_params": "kmeans",
        "fixed": frozenset(),
        "weights_init": None,
        "means_init": None,
        "precisions_init": None,
        "verbose_interval": 10,
    }
    return MixtureOptions(**(plain | changed))


def near(ours, theirs, dtype):
    scale = np.abs(theirs).max()
    rtol = 2e-4 if dtype == np.float32 else 1e-11
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=rtol * scale)


def same(ours, theirs, dtype):
    for name in ("weights", "means", "covariances"):
        near(getattr(ours, name), getattr(theirs, name), dtype)


def data_of(both, weight):
    """Return what EM reads: (in blocks, in memory), about the same origin."""
    origin = both[1].block.mean(axis=0, dtype=np.float64)
    return [
        FitData(
            rows,
            None if weight is None else rows.state_from_array(weight),
            origin,
            n_threads=1,
        )
        for rows in both
    ]


@pytest.fixture(params=["C", "F"])
def both(X, dtype, request, in_blocks):
    """(in blocks, in memory)."""
    X = X.astype(dtype, order=request.param)
    return in_blocks(X, CUTS), as_rows(X)


@pytest.fixture(params=[False, True], ids=["no weight", "weight"])
def weight(both, request):
    rng = np.random.default_rng(0)
    n, dtype = both[0].shape[0], both[0].dtype
    return rng.integers(0, 3, n).astype(dtype) if request.param else None


@pytest.fixture
def begin(both, type_, start):
    found = start(both[1].block, 3, type_)
    unknown = np.empty(0)
    parameters = Parameters(COVARIANCES[type_], *found[:2], unknown, unknown)
    return with_precisions(parameters, found.precisions)


def test_expectation_maximisation(both, weight, begin, type_, dtype):
    runs = [
        expectation_maximisation(
            data,
            begin,
            options(type_),
            previous_bound=-np.inf,
            report=lambda *_: None,
        )
        for data in data_of(both, weight)
    ]
    same(runs[0].parameters, runs[1].parameters, dtype)
    near(runs[0].lower_bounds, runs[1].lower_bounds, dtype)


def test_stepwise_iteration(both, weight, begin, type_, dtype):
    found = [
        stepwise_iteration(data, begin, options(type_), 3)
        for data in data_of(both, weight)
    ]
    same(found[0][0], found[1][0], dtype)
    near(found[0][1], found[1][1], dtype)


def test_initial_parameters(both, weight, type_, dtype, case):
    for how in ("kmeans", "k-means++", "random_from_data", "random"):
        with case(how=how):
            found = [
                initial_parameters(data, options(type_, init_params=how), 7)
                for data in data_of(both, weight)
            ]
            same(found[0], found[1], dtype)


def test_random_responsibilities_do_not_depend_on_the_blocks(
    both, weight, type_, dtype
):
    found = [
        random_statistics(data, COVARIANCES[type_], 3, seed=3)
        for data in data_of(both, weight)
    ]
    for name in ("weight", "first_moment", "second_moment"):
        near(getattr(found[0], name), getattr(found[1], name), dtype)


def test_scoring(both, begin, dtype):
    dtype = np.dtype(dtype)
    for function in (log_likelihood, responsibilities):
        near(*(function(rows, begin, dtype, 1).to_numpy() for rows in both), dtype)
    np.testing.assert_array_equal(
        *(labels(rows, begin, dtype, 1).to_numpy() for rows in both)
    )
