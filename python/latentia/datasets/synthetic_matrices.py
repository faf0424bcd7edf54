"""Synthetic matrices of any size with properties of real ones."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import sparse

from latentia._arguments import check_count, check_real
from latentia.datasets._synthetic import (
    RandomState,
    as_generator,
    check_dtype,
    check_sizes,
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
    """Make a dense matrix with decaying singular values and Gaussian noise.

    The matrix is the product of two Gaussian factors, which are nearly orthogonal, plus
    Gaussian noise with a standard deviation of 0.1. Its singular values are
    ``σ_i ≈ sqrt(n_rows * n_features) / (1 + i) ** decay`` for i < 200.

    Parameters
    ----------
    n_rows, n_features : int
        Shape.
    decay : float
        Exponent of the decay, at least 0; with 0 all singular values are equal.
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
    ValueError, TypeError
        If an argument is out of its range or of another type.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.datasets import make_decaying
    >>> A = make_decaying(300, 200, decay=1.0, random_state=0)
    >>> s = np.linalg.svd(A, compute_uv=False)
    >>> round(float(s[0] / s[9]))  # about 10: the values are ∝ 1/i
    10
    """
    dtype = check_dtype(dtype)
    check_sizes(n_rows=n_rows, n_features=n_features)
    decay = check_real(decay, "decay", least=0)
    rng = as_generator(random_state)
    rank = min(_RANK, n_rows, n_features)
    left = _normal(rng, n_rows, rank, dtype)
    right = _normal(rng, rank, n_features, dtype)
    right *= ((1.0 + np.arange(rank)) ** -decay).astype(dtype)[:, None]

    A = _normal(rng, n_rows, n_features, dtype)
    # Block by block: the product needs no second matrix of the size of A.
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
    """Make a sparse matrix of counts with few frequent and many rare features.

    Features are like words in documents: the number of rows in which feature j is
    stored follows Zipf's law, ``∝ 1 / (1 + j)``, and is at most n_rows. Rows are drawn
    uniformly, counts from a geometric distribution with mean 2.

    Parameters
    ----------
    n_rows, n_features : int
        Shape.
    n_stored : int
        Exact number of stored values, from 0 to n_rows * n_features.
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
    ValueError, TypeError
        If an argument is out of its range or of another type.

    Examples
    --------
    >>> from latentia.datasets import make_zipf_counts
    >>> counts = make_zipf_counts(1000, 200, 5000, random_state=0)
    >>> counts.shape, counts.nnz
    ((1000, 200), 5000)
    """
    dtype = check_dtype(dtype)
    check_sizes(n_rows=n_rows, n_features=n_features)
    check_count(n_stored, "n_stored", least=0, most=n_rows * n_features)
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
    # The conversion from CSC to CSR sorts the indices.
    by_feature = sparse.csc_array((counts, rows, ends), shape=(n_rows, n_features))
    return by_feature.tocsr()


def _normal(
    rng: np.random.Generator, n_rows: int, n_columns: int, dtype: np.dtype[Any]
) -> NDArray[Any]:
    values = np.empty((n_rows, n_columns), dtype)
    return rng.standard_normal(out=values, dtype=dtype)
