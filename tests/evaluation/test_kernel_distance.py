"""The kernel distance, against its sums written out."""

import numpy as np
import pytest

from latentia.evaluation import kernel_distance


def by_loops(X, Y):
    """Bińkowski et al. 2018, equation 4, in plain loops."""

    def k(x, y):
        return (x @ y / len(x) + 1) ** 3

    n, m = len(X), len(Y)
    within_x = sum(k(X[i], X[j]) for i in range(n) for j in range(n) if i != j)
    within_y = sum(k(Y[i], Y[j]) for i in range(m) for j in range(m) if i != j)
    between = sum(k(x, y) for x in X for y in Y)
    return within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * between / (n * m)


@pytest.mark.parametrize(("n", "m", "d", "n_blocks"), [(8, 8, 1, 2), (23, 17, 5, 4)])
def test_like_the_loops(random, n, m, d, n_blocks):
    X, Y = random.normal(size=(n, d)), 2 * random.normal(size=(m, d)) + 1
    blocks = [by_loops(X[i::n_blocks], Y[i::n_blocks]) for i in range(n_blocks)]
    found = kernel_distance(X, Y, n_blocks=n_blocks)
    assert found.value == pytest.approx(np.mean(blocks))
    error = np.std(blocks, ddof=1) / np.sqrt(n_blocks)
    assert found.standard_error == pytest.approx(error)


def test_unbiased_for_one_distribution(random):
    """The mean of 200 estimates is within four of its standard errors of zero."""
    found = [
        kernel_distance(*random.normal(size=(2, 40, 3)), n_blocks=2).value
        for _ in range(200)
    ]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0


def test_the_standard_error_is_that_of_the_value(random):
    found = [
        kernel_distance(random.normal(size=(100, 2)), random.normal(size=(100, 2)) + 1)
        for _ in range(100)
    ]
    values, errors = np.transpose(found)
    assert np.mean(errors) == pytest.approx(values.std(), rel=0.3)


def test_shifted_sets_are_apart(random):
    X, Y = random.normal(size=(2, 200, 3))
    near, far = kernel_distance(X, Y + 1), kernel_distance(X, Y + 2)
    assert far.value > near.value > 5 * near.standard_error


def test_sides_do_not_matter(random):
    X, Y = random.normal(size=(50, 3)), random.normal(size=(40, 3)) + 1
    np.testing.assert_allclose(kernel_distance(X, Y), kernel_distance(Y, X))


def test_images_sorted_by_class_are_spread_over_blocks(random):
    centres = np.repeat([[-3.0], [3.0]], 100, axis=0)
    X, Y = (centres + random.normal(size=(200, 2)) for _ in range(2))
    shuffled = kernel_distance(random.permutation(X), random.permutation(Y))
    assert kernel_distance(X, Y).standard_error < shuffled.standard_error


@pytest.mark.parametrize(
    ("n_blocks", "error", "problem"),
    [
        (1, ValueError, "n_blocks must be at least 2, got 1"),
        (2.0, TypeError, "n_blocks must be an integer"),
        (6, ValueError, "real must have at least 12 rows, got 11"),
    ],
)
def test_bad_blocks(random, n_blocks, error, problem):
    X = random.normal(size=(11, 3))
    with pytest.raises(error, match=problem):
        kernel_distance(X, X, n_blocks=n_blocks)


def test_features_that_are_too_large():
    X = np.random.default_rng(0).normal(size=(2, 60, 3)) * 1e60
    with pytest.raises(ValueError, match="too large for the cubic kernel: scale them"):
        kernel_distance(*X)
