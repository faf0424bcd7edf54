"""Arguments out of range: the error names them, their value and what is allowed."""

import numpy as np
import pytest

from latentia import PCA, TruncatedSVD, randomized_svd


def by_function(A, k):
    return randomized_svd(A, k, random_state=0)


def by_estimator(A, k):
    return TruncatedSVD(k, random_state=0).fit(A)


@pytest.fixture
def integers():
    return np.random.default_rng(0).integers(-9, 9, (23, 7))


@pytest.mark.parametrize(
    ("rank", "error", "message"),
    [
        (0, ValueError, "n_components must be at least 1, got 0"),
        (-3, ValueError, "n_components must be at least 1, got -3"),
        (8, ValueError, r"n_components must be at most .*n_features=7.*got 8"),
        (True, TypeError, "n_components must be an integer, got True"),
        (2.0, (TypeError, ValueError), "n_components .* got 2.0"),
        ("two", TypeError, "n_components must be an integer, got 'two'"),
        (None, TypeError, "n_components must be an integer, got None"),
        (np.nan, (TypeError, ValueError), "n_components .* got nan"),
    ],
)
def test_wrong_rank(integers, rank, error, message):
    for method in (by_function, by_estimator):
        with pytest.raises(error, match=message):
            method(integers, rank)


def test_numpy_integers_are_ranks(integers):
    assert by_function(integers, np.int64(3))[1].shape == (3,)
    assert PCA(np.uint8(3)).fit(integers).n_components_ == 3


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("tol", -1e-9),
        ("tol", np.nan),
        ("tol", "small"),
        ("tol", None),
        ("tol", True),
        ("n_iter", -1),
        ("n_iter", 1.5),
        ("n_iter", "many"),
        ("n_iter", None),
        ("n_iter", True),
        ("n_oversamples", -1),
        ("n_oversamples", 2.5),
        ("random_state", "seed"),
        ("n_threads", 0),
    ],
)
def test_wrong_settings(integers, argument, value):
    named = "seed" if argument == "random_state" else argument
    with pytest.raises((TypeError, ValueError), match=named):
        randomized_svd(integers, 2, **{argument: value})


def test_wrong_choices(integers):
    with pytest.raises(ValueError, match=r"svd_solver must be one of .* got 'fast'"):
        PCA(2, svd_solver="fast").fit(integers)
    with pytest.raises(ValueError, match=r"algorithm must be one of .* got 'lanczos'"):
        TruncatedSVD(2, algorithm="lanczos").fit(integers)
    with pytest.raises(ValueError, match="n_components must be one of mle"):
        PCA("many").fit(integers)
    with pytest.raises(ValueError, match="'mle' is only supported if n_samples >= n_f"):
        PCA("mle").fit(integers.T)


def test_pca_needs_two_samples():
    with pytest.raises(ValueError, match="at least two samples, got n_samples=1"):
        PCA(1).fit(np.ones((1, 5)))
