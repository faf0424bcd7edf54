"""Made ratings: what they promise, and that the truth is the best prediction."""

import numpy as np
import pytest

from latentia.datasets import make_ratings


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ratings_are_canonical_and_from_1_to_5(dtype):
    made = make_ratings(300, 90, 5001, dtype=dtype, random_state=0)
    ratings = made.ratings
    assert ratings.format == "csr"
    assert ratings.shape == (300, 90)
    assert ratings.nnz == 5001
    assert ratings.dtype == dtype
    assert ratings.indices.dtype == ratings.indptr.dtype == np.int32
    ratings.check_format(full_check=True)
    assert ratings.has_canonical_format
    assert ratings.data.min() == 1
    assert ratings.data.max() == 5


@pytest.mark.parametrize("n_users", [1, 2, 7, 15])
@pytest.mark.parametrize("n_items", [1, 3, 8, 49])
def test_as_many_as_were_asked(n_users, n_items):
    full = n_users * n_items
    for n_ratings in {0, 1, full // 2, full - 1, full}:
        made = make_ratings(n_users, n_items, n_ratings, rank=2, random_state=0)
        assert made.ratings.nnz == n_ratings
        assert made.ratings.has_canonical_format
        assert made.user_factors.shape == (n_users, 4)
        assert made.item_factors.shape == (n_items, 4)


def test_few_items_are_well_known_and_users_differ():
    ratings = make_ratings(2000, 400, 40_000, random_state=0).ratings
    per_item = np.bincount(ratings.indices, minlength=400)
    promised = per_item[0] * 21 / (21 + np.arange(400))
    assert np.abs(per_item - promised).max() <= 2
    per_user = np.diff(ratings.indptr)
    # Of a log-normal distribution the most active tenth has about 4/10 of everything.
    assert 0.3 < np.sort(per_user)[-200:].sum() / 40_000 < 0.5


def test_deviations_are_those_promised():
    made = make_ratings(4000, 3000, 1, rank=7, random_state=0)
    users, items = made.user_factors, made.item_factors
    np.testing.assert_array_equal(users[:, 1], 1)
    np.testing.assert_array_equal(items[:, 0], 1)
    assert users[:, 0].mean() == pytest.approx(3.5, abs=0.03)
    assert users[:, 0].std() == pytest.approx(0.4, rel=0.05)
    assert items[:, 1].std() == pytest.approx(0.5, rel=0.05)
    taste = users[:, 2:] @ items[:, 2:].T
    assert taste.std() == pytest.approx(0.6, rel=0.05)


@pytest.mark.parametrize("noise", [0.1, 0.6, 3.0])
def test_expected_is_the_mean_of_noisy_ratings(noise):
    made = make_ratings(5, 7, 35, noise=noise, random_state=0)
    exact = made.user_factors @ made.item_factors.T
    draws = exact + noise * np.random.default_rng(1).standard_normal((20_000, 5, 7))
    mean = draws.clip(1, 5).mean(axis=0)
    expected = made.expected(np.arange(5)[:, np.newaxis], np.arange(7))
    # Five standard errors of a mean of so many, each at most `noise`.
    np.testing.assert_allclose(expected, mean, atol=5 * noise / np.sqrt(20_000))
    assert made.expected(3, 2) == expected[3, 2]


def test_nothing_predicts_better_than_the_expected():
    made = make_ratings(800, 300, 60_000, random_state=0)
    known = made.ratings.tocoo()
    exact = np.einsum(
        "ij,ij->i", made.user_factors[known.row], made.item_factors[known.col]
    )
    expected = made.expected(known.row, known.col)

    def error(predicted):
        return np.sqrt(np.mean((predicted - known.data) ** 2))

    assert error(expected) < made.noise
    assert error(expected) < error(exact.clip(1, 5))
    assert error(expected) < error(0.95 * expected + 0.05 * expected.mean())


@pytest.mark.parametrize("kind", [int, np.random.default_rng, np.random.RandomState])
def test_same_seed_same_ratings(kind):
    one, other, another = (
        make_ratings(20, 30, 90, random_state=kind(seed)).ratings.toarray()
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, other)
    assert (one != another).any()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"n_users": 0}, "n_users must be at least 1, got 0"),
        ({"n_items": -1}, "n_items must be at least 1, got -1"),
        ({"rank": 0}, "rank must be at least 1, got 0"),
        ({"n_ratings": 16}, "n_ratings must be at most 15, got 16"),
        ({"n_ratings": -1}, "n_ratings must be at least 0, got -1"),
        ({"noise": 0.0}, "noise must be a number above 0, got 0.0"),
        ({"noise": np.nan}, "noise must be a number above 0, got nan"),
        ({"noise": np.inf}, "noise must be a number above 0, got inf"),
        ({"dtype": np.int32}, "dtype must be float32 or float64, got int32"),
    ],
)
def test_bad_arguments(arguments, says):
    with pytest.raises(ValueError, match=says):
        make_ratings(**{"n_users": 3, "n_items": 5, "n_ratings": 4, **arguments})
