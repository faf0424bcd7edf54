"""Synthetic ratings of items by users, with the factors that produced them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy import sparse
from scipy.special import ndtr

from latentia._arguments import check_count, check_real
from latentia.datasets._synthetic import (
    RandomState,
    as_generator,
    check_dtype,
    check_sizes,
    index_dtype,
    share_out,
)

_LOWEST, _MEAN, _HIGHEST = 1.0, 3.5, 5.0
_SD_OF_USERS, _SD_OF_ITEMS, _SD_OF_TASTE = 0.4, 0.5, 0.6


@dataclass(frozen=True, eq=False)
class SyntheticRatings:
    """Ratings from 1 to 5, and the factors that produced them.

    Attributes
    ----------
    ratings : csr_array, shape (n_users, n_items)
        Ratings that are not stored are missing. Canonical: indices sorted, no
        duplicates.
    user_factors : ndarray of float64, shape (n_users, rank + 2)
    item_factors : ndarray of float64, shape (n_items, rank + 2)
        The inner product of a user's row and an item's row is the rating before noise
        and clipping.
    noise : float
        Standard deviation of the Gaussian noise that was added.

    Examples
    --------
    >>> from latentia.datasets import make_ratings
    >>> made = make_ratings(100, 50, 700, rank=3, random_state=0)
    >>> made.ratings.shape, made.user_factors.shape
    ((100, 50), (100, 5))
    """

    ratings: sparse.csr_array[Any, tuple[int, int]]
    user_factors: NDArray[np.float64]
    item_factors: NDArray[np.float64]
    noise: float

    def expected(self, users: ArrayLike, items: ArrayLike) -> NDArray[np.float64]:
        """Return the expected ratings of these items by these users.

        No prediction has a smaller mean square error.

        Parameters
        ----------
        users, items : array-like of int
            Row and column numbers; they are broadcast against each other.

        Returns
        -------
        ratings : ndarray of float64
            Within 1..5.
        """
        left = self.user_factors[np.asarray(users)]
        right = self.item_factors[np.asarray(items)]
        mean: NDArray[np.float64] = np.einsum("...k,...k->...", left, right)
        return _clipped_mean(mean, self.noise)


def make_ratings(
    n_users: int,
    n_items: int,
    n_ratings: int,
    *,
    rank: int = 5,
    noise: float = 0.6,
    dtype: DTypeLike = np.float32,
    random_state: RandomState = None,
) -> SyntheticRatings:
    """Make a sparse matrix of ratings: low rank, offsets, noise, few popular items.

    User u rates item i with

        min(max(3.5 + b_u + c_i + t_u · s_i + ε, 1), 5)

    where all terms are Gaussian: the user's offset b (standard deviation 0.4), the
    item's offset c (0.5), the inner product of taste and traits with ``rank`` terms
    (0.6), and the noise ε. The number of ratings of item i is
    ``∝ 1 / (1 + i + n_items / 20)``, at most n_users (Zipf–Mandelbrot law). How often
    users rate follows a log-normal distribution.

    Parameters
    ----------
    n_users, n_items : int
        Shape.
    n_ratings : int
        Exact number of stored ratings, from 0 to n_users * n_items.
    rank : int
        Number of terms of the inner product. The offsets add two to the rank of the
        matrix.
    noise : float
        Standard deviation of ε, above 0.
    dtype : float32 or float64
        Type of the ratings.
    random_state : int, Generator, RandomState or None
        Same seed, same ratings.

    Returns
    -------
    SyntheticRatings

    Raises
    ------
    ValueError, TypeError
        If an argument is out of its range or of another type.

    Examples
    --------
    >>> from latentia.datasets import make_ratings
    >>> ratings = make_ratings(100, 50, 700, random_state=0).ratings
    >>> ratings.shape, ratings.nnz
    ((100, 50), 700)
    >>> float(ratings.data.min()) >= 1, float(ratings.data.max()) <= 5
    (True, True)
    """
    dtype = check_dtype(dtype)
    check_sizes(n_users=n_users, n_items=n_items, rank=rank)
    check_count(n_ratings, "n_ratings", least=0, most=n_users * n_items)
    noise = check_real(noise, "noise", above=0)
    rng = as_generator(random_state)
    users, items = _who_rates_what(rng, n_users, n_items, n_ratings)
    user_factors, item_factors = _factors(rng, n_users, n_items, rank)
    values = np.einsum("ij,ij->i", user_factors[users], item_factors[items])
    values += noise * rng.standard_normal(n_ratings)
    stored = values.clip(_LOWEST, _HIGHEST).astype(dtype)
    # The conversion to CSR sorts the indices.
    by_item = sparse.coo_array((stored, (users, items)), shape=(n_users, n_items))
    return SyntheticRatings(by_item.tocsr(), user_factors, item_factors, float(noise))


def _factors(
    rng: np.random.Generator, n_users: int, n_items: int, rank: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return factors whose product is mean + offsets + taste."""
    taste = rng.standard_normal((n_users, rank))
    trait = rng.standard_normal((n_items, rank)) * (_SD_OF_TASTE / np.sqrt(rank))
    kindness = _MEAN + _SD_OF_USERS * rng.standard_normal((n_users, 1))
    goodness = _SD_OF_ITEMS * rng.standard_normal((n_items, 1))
    users = np.hstack([kindness, np.ones_like(kindness), taste])
    return users, np.hstack([np.ones_like(goodness), goodness, trait])


def _who_rates_what(
    rng: np.random.Generator, n_users: int, n_items: int, n_ratings: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    popularity = 1.0 / (1.0 + np.arange(n_items) + n_items / 20)
    raters = share_out(n_ratings, popularity, most=n_users)
    activity = rng.lognormal(size=n_users)
    activity /= activity.sum()
    users = [
        rng.choice(n_users, n, replace=False, p=activity, shuffle=False) for n in raters
    ]
    index = index_dtype(max(n_users, n_items, n_ratings))
    items = np.repeat(np.arange(n_items, dtype=index), raters)
    return np.concatenate(users).astype(index), items


def _clipped_mean(mean: NDArray[np.float64], sd: float) -> NDArray[np.float64]:
    """Return E min(max(x, 1), 5) of x ~ N(mean, sd²).

    With Φ and φ of the standard normal distribution, a = (1 − mean) / sd and
    b = (5 − mean) / sd:  1·Φ(a) + 5·(1 − Φ(b)) + mean·(Φ(b) − Φ(a)) − sd·(φ(b) − φ(a)).
    """
    a, b = (_LOWEST - mean) / sd, (_HIGHEST - mean) / sd
    below, above = ndtr(a), ndtr(-b)
    inside = mean * (1.0 - below - above) - sd * (_density(b) - _density(a))
    expected: NDArray[np.float64] = _LOWEST * below + _HIGHEST * above + inside
    return expected


def _density(x: NDArray[np.float64]) -> NDArray[np.float64]:
    density: NDArray[np.float64] = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    return density
