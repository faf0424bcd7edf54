"""The Fréchet distance, against a matrix root and closed forms."""

import sys
import weakref

import numpy as np
import pytest
import scipy.linalg

from latentia.evaluation import (
    GaussianStatistics,
    frechet_distance,
    gaussian_statistics,
)

frechet = sys.modules["latentia.evaluation.frechet"]


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


@pytest.mark.parametrize("cuts", [(7,), (1, 2, 50, 119), tuple(range(1, 120))])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_blocks_give_what_the_whole_gives(random, cuts, shift):
    X = random.normal(size=(120, 6)) @ random.normal(size=(6, 6)) + shift
    X[60:] += 3  # blocks with other means
    found = gaussian_statistics(iter(np.split(X, cuts)))
    np.testing.assert_allclose(found.mean, X.mean(axis=0), rtol=1e-12)
    tolerance = 1e-9 if shift else 1e-12
    expected = np.cov(X, rowvar=False)
    np.testing.assert_allclose(found.covariance, expected, rtol=tolerance, atol=1e-9)


def test_large_arrays_are_summed_in_blocks(random, monkeypatch):
    X = random.normal(size=(100, 5)).astype(np.float32)
    whole = gaussian_statistics(X)
    seen = []
    check = frechet.check_features

    def checked(block, name, **options):
        seen.append(len(block))
        return check(block, name, **options)

    monkeypatch.setattr(frechet, "_BLOCK", 33)
    monkeypatch.setattr(frechet, "check_features", checked)
    found = gaussian_statistics(X)
    assert seen == [33, 33, 33, 1]
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.covariance, whole.covariance, rtol=1e-12)
    X[70, 2] = np.nan
    with pytest.raises(ValueError, match="got nan at row 70, column 2"):
        gaussian_statistics(X)


def test_blocks_are_let_go():
    """When the next is asked for, all but the last."""
    alive = []

    def blocks():
        for seed in range(5):
            block = np.random.default_rng(seed).normal(size=(50, 4))
            alive.append(weakref.ref(block))
            yield block
            del block
            assert sum(ref() is not None for ref in alive) <= 1

    assert gaussian_statistics(blocks()).mean.shape == (4,)


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([], "at least 2 rows, got 0"),
        ([np.ones((1, 3))], "at least 2 rows, got 1"),
        ([np.ones((2, 3)), np.ones((2, 4))], "must have 3 columns, got 4"),
        ([np.ones((2, 3)), np.full((2, 3), np.inf)], "block 1 of features must be fin"),
    ],
)
def test_bad_blocks(blocks, problem):
    with pytest.raises(ValueError, match=problem):
        gaussian_statistics(iter(blocks))


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


def test_lists_are_statistics_and_negative_variances_are_none():
    one = GaussianStatistics([0, 0], [[1, 0], [0, 1]])
    assert frechet_distance(one, GaussianStatistics([3, 4], np.eye(2))) == 25
    with pytest.raises(ValueError, match="variances must be ≥ 0, got -1"):
        GaussianStatistics(np.zeros(2), -np.eye(2))
