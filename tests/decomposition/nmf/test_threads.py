"""The bits of every solver for every number of threads."""

import numpy as np
import pytest
import scipy.sparse
from threadpoolctl import threadpool_limits

from latentia import NMF

STILL = {"tol": 0, "max_iter": 3, "random_state": 0}


def outcome(A, n_threads=2, blas=1, **parameters):
    """All that a fit, its W for rows, and a further batch find."""
    with threadpool_limits(blas, user_api="blas"):
        nmf = NMF(7, n_threads=n_threads, **STILL, **parameters)
        found = [nmf.fit_transform(A), nmf.transform(A), nmf.reconstruction_errs_]
        nmf.partial_fit(A)
    return [*found, nmf.components_, nmf.mean_weights_, nmf.reconstruction_err_]


def assert_same(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def counts(m, n, dtype):
    A = scipy.sparse.random(m, n, density=0.02, random_state=0, format="csr")
    A.data += 0.1
    return A.astype(dtype)


def large(form, holes, dtype):
    """Large enough for several threads and several runs of rows."""
    X = np.random.default_rng(0).uniform(0.1, 2, (801, 131)).astype(dtype)
    if form == "csr":
        return counts(2001, 401, dtype), {}
    if form == "unobserved":
        return counts(4001, 401, dtype), {"missing": "unobserved"}
    return (holes(X), {"missing": "nan"}) if form == "nan" else (X, {})


SOLVERS = [
    {},
    {"shuffle": True, "init": "random"},
    {"solver": "mu"},
    {"solver": "mu", "beta_loss": 1.0},
    {"solver": "mu", "beta_loss": 0.5},
]


def assert_same_bits(A, **parameters):
    found = [
        outcome(A, n_threads, blas, **parameters)
        for n_threads, blas in [(1, 1), (2, 2), (7, 1)]
    ]
    assert_same(found[1], found[0])
    assert_same(found[2], found[0])


@pytest.mark.parametrize("solver", SOLVERS[:3], ids=str)
def test_bits_of_unobserved_entries(holes, solver):
    A, parameters = large("unobserved", holes, np.float32)
    assert_same_bits(A, **parameters, **solver)


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS, ids=str)
def test_bits_of_either_type(holes, form, solver, dtype):
    A, parameters = large(form, holes, dtype)
    assert_same_bits(A, **parameters, **solver)
