"""Arguments of ``randomized_svd``, and ranks that the matrix does not have."""

import numpy as np
import pytest

from latentia import PCA, randomized_svd


@pytest.fixture
def integers():
    return np.random.default_rng(0).integers(-9, 9, (23, 7))


@pytest.mark.parametrize(
    ("rank", "message"),
    [
        (0, "n_components must be at least 1, got 0"),
        (8, r"n_components must be at most .*n_features=7.*got 8"),
        (True, "n_components must be an integer, got True"),
        (2.0, "n_components .* got 2.0"),
        (None, "n_components must be an integer, got None"),
    ],
)
def test_wrong_rank(integers, rank, message):
    with pytest.raises((TypeError, ValueError), match=message):
        randomized_svd(integers, rank)


def test_numpy_integers_are_ranks(integers):
    assert randomized_svd(integers, np.int64(3))[1].shape == (3,)
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


def test_wrong_fractions(integers):
    with pytest.raises(ValueError, match="n_components must be one of mle"):
        PCA("many").fit(integers)
    with pytest.raises(ValueError, match="'mle' is only supported if n_samples >= n_f"):
        PCA("mle").fit(integers.T)


def test_pca_needs_two_samples():
    with pytest.raises(ValueError, match="at least two samples, got n_samples=1"):
        PCA(1).fit(np.ones((1, 5)))
