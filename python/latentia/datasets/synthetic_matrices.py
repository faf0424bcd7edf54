"""Made matrices with the traits of real ones, in any size."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import sparse

from latentia.datasets._synthetic import (
    RandomState,
    as_generator,
    check_made,
    index_dtype,
    share_out,
)

_RANK = 200
_NOISE = 0.1
_BLOCK_ROWS = 1024


def make_decaying(
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
    dtype = check_made(dtype, n_rows=n_rows, n_features=n_features)
    if not 0 <= decay < np.inf:
        raise ValueError(f"decay = {decay}: finite and from 0 up is allowed")
    rng = as_generator(random_state)
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


def make_zipf_counts(
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
    dtype = check_made(dtype, n_rows=n_rows, n_features=n_features)
    if not 0 <= n_stored <= n_rows * n_features:
        raise ValueError(
            f"n_stored = {n_stored}: 0 to n_rows * n_features = "
            f"{n_rows * n_features} is allowed"
        )
    rng = as_generator(random_state)
    popularity = 1.0 / (1.0 + np.arange(n_features))
    per_feature = share_out(n_stored, popularity, most=n_rows)
    index = index_dtype(max(n_rows, n_features, n_stored))
    rows = np.empty(n_stored, dtype=index)
    ends = np.concatenate([[0], np.cumsum(per_feature)]).astype(index)
    for start, stop in pairwise(ends):
        rows[start:stop] = rng.choice(
            n_rows, stop - start, replace=False, shuffle=False
        )
    counts = rng.geometric(0.5, n_stored).astype(dtype)
    # Turning columns into rows visits the columns in order, which sorts the indices.
    by_feature = sparse.csc_array((counts, rows, ends), shape=(n_rows, n_features))
    return by_feature.tocsr()


def _normal(
    rng: np.random.Generator, n_rows: int, n_columns: int, dtype: np.dtype[Any]
) -> NDArray[Any]:
    values = np.empty((n_rows, n_columns), dtype)
    return rng.standard_normal(out=values, dtype=dtype)
