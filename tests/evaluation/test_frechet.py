"""The Fréchet distance, against a matrix root and closed forms."""

import numpy as np
import pytest
import scipy.linalg

from latentia.evaluation import (
    GaussianStatistics,
    frechet_distance,
    gaussian_statistics,
)


def by_matrix_root(X, Y):
    C, D = np.cov(X, rowvar=False), np.cov(Y, rowvar=False)
    root = scipy.linalg.sqrtm(C @ D)
    difference = X.mean(0) - Y.mean(0)
    return difference @ difference + np.trace(C + D - 2 * np.real(root))


@pytest.mark.parametrize(("n", "m", "d"), [(50, 50, 3), (40, 90, 2), (200, 33, 17)])
def test_like_the_matrix_root(random, n, m, d):
    mixing = random.normal(size=(d, d))
    X, Y = random.normal(size=(n, d)), random.normal(size=(m, d)) @ mixing + 0.3
    assert frechet_distance(X, Y) == pytest.approx(by_matrix_root(X, Y), rel=1e-7)


def test_one_feature(random):
    X, Y = random.normal(size=(30, 1)), 3 * random.normal(size=(40, 1)) + 5
    expected = (X.mean() - Y.mean()) ** 2 + (X.std(ddof=1) - Y.std(ddof=1)) ** 2
    assert frechet_distance(X, Y) == pytest.approx(expected)


def test_a_shift(random):
    X = random.normal(size=(60, 5))
    shift = np.array([1.0, -2, 0, 0.5, 3])
    assert frechet_distance(X, X + shift) == pytest.approx(shift @ shift)


def test_a_scale(random):
    """Of covariances C and c²C, (1 − c)² tr C."""
    X = random.normal(size=(60, 5))
    X -= X.mean(0)
    expected = 4 * np.trace(np.cov(X, rowvar=False))
    assert frechet_distance(X, 3 * X) == pytest.approx(expected)


@pytest.mark.parametrize("n", [2, 10, 200])
def test_a_set_and_itself(random, n):
    X = random.normal(size=(n, 20)) @ random.normal(size=(20, 20))
    assert frechet_distance(X, X) == pytest.approx(0, abs=1e-11 * n * X.var())


def test_singular_covariances_in_different_directions():
    X = np.array([[-1.0, 0], [1, 0], [0, 0]])
    assert frechet_distance(X, X[:, ::-1]) == pytest.approx(2, rel=1e-12)


def test_singular_covariances_that_overlap(random):
    """Rounding errors under a root would cost half of the digits here."""
    basis = random.normal(size=(3, 40))
    X, Y = random.normal(size=(200, 3)), random.normal(size=(150, 3)) + 1
    orthonormal = np.linalg.qr(basis.T)[0].T
    inside = frechet_distance(X, Y)
    outside = frechet_distance(X @ orthonormal, Y @ orthonormal)
    assert outside == pytest.approx(inside, rel=1e-11)


def test_order_sides_and_origin_do_not_matter(random):
    X, Y = random.normal(size=(50, 4)), 2 * random.normal(size=(70, 4)) + 1
    distance = frechet_distance(X, Y)
    assert frechet_distance(random.permutation(X), Y) == pytest.approx(distance)
    assert frechet_distance(Y, X) == pytest.approx(distance)
    assert frechet_distance(X + 1000, Y + 1000) == pytest.approx(distance, rel=1e-9)


def test_statistics_take_the_place_of_features(random):
    X, Y = random.normal(size=(50, 4)), random.normal(size=(70, 4)) + 1
    kept = gaussian_statistics(X)
    np.testing.assert_allclose(kept.covariance, np.cov(X, rowvar=False))
    distance = frechet_distance(X, Y)
    assert frechet_distance(kept, Y) == distance
    assert frechet_distance(X, gaussian_statistics(Y)) == distance


def test_float32_is_added_up_in_float64(random):
    X = (random.normal(size=(5000, 3)) + 1000).astype(np.float32)
    covariance = np.cov(X.astype(np.float64), rowvar=False)
    np.testing.assert_allclose(gaussian_statistics(X).covariance, covariance)


@pytest.mark.parametrize(
    ("mean", "covariance", "problem"),
    [
        (np.zeros(3), np.eye(2), r"\(3,\) and \(2, 2\)"),
        (np.zeros((1, 2)), np.eye(2), "shapes"),
        (np.array([0, np.nan]), np.eye(2), "finite"),
        (np.zeros(2), np.array([[1, 0.5], [0, 1]]), "symmetric"),
    ],
)
def test_statistics_of_no_gaussian(mean, covariance, problem):
    with pytest.raises(ValueError, match=problem):
        GaussianStatistics(mean, covariance)


def test_another_space(random):
    X, Y = random.normal(size=(9, 4)), random.normal(size=(9, 5))
    with pytest.raises(ValueError, match="4 and 5 features"):
        frechet_distance(X, Y)
    with pytest.raises(ValueError, match="4 and 5 features"):
        frechet_distance(gaussian_statistics(X), Y)
