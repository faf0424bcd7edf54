"""Made matrices with the traits of real ones, in any size."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import sparse

RandomState: TypeAlias = int | np.random.Generator | np.random.RandomState | None

_RANK = 200
_NOISE = 0.1
_BLOCK_ROWS = 1024


def made_decaying(
    n_rows: int,
    n_features: int,
    *,
    decay: float = 1.0,
    dtype: DTypeLike = np.float32,
    random_state: RandomState = None,
) -> NDArray[Any]:
    """Make a dense matrix whose singular values fall off into a floor of noise.

    Two thin Gaussian factors (nearly orthogonal, as they are long) carry the singular
    values, and Gaussian noise with a standard deviation of 0.1 is added:
    ``σ_i ≈ sqrt(n_rows * n_features) / (1 + i) ** decay``, i < 200.

    Parameters
    ----------
    n_rows, n_features : int
        Shape.
    decay : float
        How fast the singular values fall; 0 is flat.
    dtype : float32 or float64
        Type of the values.
    random_state : int, Generator, RandomState or None
        Same seed, same matrix.

    Returns
    -------
    A : ndarray, shape (n_rows, n_features)
        C-contiguous.

    Raises
    ------
    ValueError
        A size is below 1, `decay` is negative or not finite, or the dtype is another.
    """
    dtype = _checked(dtype, n_rows=n_rows, n_features=n_features)
    if not 0 <= decay < np.inf:
        raise ValueError(f"decay = {decay}: finite and from 0 up is allowed")
    rng = _generator(random_state)
    rank = min(_RANK, n_rows, n_features)
    left = _normal(rng, n_rows, rank, dtype)
    right = _normal(rng, rank, n_features, dtype)
    right *= ((1.0 + np.arange(rank)) ** -decay).astype(dtype)[:, None]

    A = _normal(rng, n_rows, n_features, dtype)
    # By blocks, so that the product never needs a second matrix of A's size.
    for start in range(0, n_rows, _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        A[block] *= _NOISE
        A[block] += left[block] @ right
    return A


def made_zipf_counts(
    n_rows: int,
    n_features: int,
    n_stored: int,
    *,
    dtype: DTypeLike = np.float32,
    random_state: RandomState = None,
) -> sparse.csr_array[Any, tuple[int, int]]:
    """Make a sparse matrix of counts in which few features are frequent, most are rare.

    Like words in documents: feature j is stored in a number of rows that follows
    Zipf's law, ``∝ 1 / (1 + j)``, and is capped at all of them. The rows are drawn
    evenly, the counts from a geometric distribution with mean 2.

    Parameters
    ----------
    n_rows, n_features : int
        Shape.
    n_stored : int
        How many values are stored, exactly.
    dtype : float32 or float64
        Type of the counts.
    random_state : int, Generator, RandomState or None
        Same seed, same matrix.

    Returns
    -------
    A : csr_array, shape (n_rows, n_features)
        Canonical: indices sorted, no duplicates.

    Raises
    ------
    ValueError
        A size is below 1, `n_stored` does not fit in, or the dtype is another.
    """
    dtype = _checked(dtype, n_rows=n_rows, n_features=n_features)
    if not 0 <= n_stored <= n_rows * n_features:
        raise ValueError(
            f"n_stored = {n_stored}: 0 to n_rows * n_features = "
            f"{n_rows * n_features} is allowed"
        )
    rng = _generator(random_state)
    per_feature = _zipf_column_counts(n_rows, n_features, n_stored)
    index_limit = max(n_rows, n_features, n_stored)
    index_dtype: DTypeLike = np.int32 if index_limit < 2**31 else np.int64
    rows = np.empty(n_stored, dtype=index_dtype)
    ends = np.concatenate([[0], np.cumsum(per_feature)]).astype(index_dtype)
    for start, stop in pairwise(ends):
        rows[start:stop] = rng.choice(
            n_rows, stop - start, replace=False, shuffle=False
        )
    counts = rng.geometric(0.5, n_stored).astype(dtype)
    # Turning columns into rows visits the columns in order, which sorts the indices.
    by_feature = sparse.csc_array((counts, rows, ends), shape=(n_rows, n_features))
    return by_feature.tocsr()


def _zipf_column_counts(
    n_rows: int, n_features: int, n_stored: int
) -> NDArray[np.int64]:
    """Share n_stored among the features by Zipf's law, no feature above n_rows."""
    popularity = 1.0 / (1.0 + np.arange(n_features))
    # With the first t features full, the rest is shared in proportion among the others;
    # the smallest t that asks nobody for more than n_rows is the answer.
    to_share = n_stored - n_rows * np.arange(n_features)
    scale = to_share / np.cumsum(popularity[::-1])[::-1]
    fits = scale * popularity <= n_rows
    fits[-1] = True  # as n_stored fits in; rounding may say otherwise
    n_full = int(np.argmax(fits))
    share = np.minimum(scale[n_full] * popularity, n_rows)
    share[:n_full] = n_rows

    # Largest remainder: whole numbers with the same sum, each within 1 of its share.
    counts: NDArray[np.int64] = np.floor(share).astype(np.int64)
    missing = n_stored - counts.sum()
    counts[np.argsort(counts - share, kind="stable")[:missing]] += 1
    return counts


def _normal(
    rng: np.random.Generator, n_rows: int, n_columns: int, dtype: np.dtype[Any]
) -> NDArray[Any]:
    values = np.empty((n_rows, n_columns), dtype)
    return rng.standard_normal(out=values, dtype=dtype)


def _generator(random_state: RandomState) -> np.random.Generator:
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**32, dtype=np.uint64))
    return np.random.default_rng(random_state)


def _checked(dtype: DTypeLike, **sizes: int) -> np.dtype[Any]:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} = {size}: 1 and up is allowed")
    checked = np.dtype(dtype)
    if checked not in (np.float32, np.float64):
        raise ValueError(f"dtype = {checked.name}: float32 or float64 is allowed")
    return checked
