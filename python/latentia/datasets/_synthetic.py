"""What the synthetic data sets share: seeds, checks, and how counts are divided."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from latentia._arguments import check_count

RandomState: TypeAlias = int | np.random.Generator | np.random.RandomState | None


def as_generator(random_state: RandomState) -> np.random.Generator:
    """Return a Generator; a RandomState draws the seed of one."""
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**32, dtype=np.uint64))
    return np.random.default_rng(random_state)


def check_sizes(**sizes: object) -> None:
    """Raise unless all sizes are positive integers."""
    for name, size in sizes.items():
        check_count(size, name, least=1)


def check_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return float32 or float64, or raise."""
    checked = np.dtype(dtype)
    if checked not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {checked.name}")
    return checked


def index_dtype(largest: int) -> np.dtype[Any]:
    """Return the smallest index type of a sparse matrix that can hold ``largest``."""
    return np.dtype(np.int32 if largest < 2**31 else np.int64)


def share_out(
    total: int, popularity: NDArray[np.floating], *, most: int
) -> NDArray[np.int64]:
    """Divide ``total`` in proportion to popularity, each part at most ``most``.

    Parameters
    ----------
    total : int
        At most ``most * len(popularity)``.
    popularity : ndarray of shape (n,)
        Positive, in descending order.
    most : int

    Returns
    -------
    counts : ndarray of shape (n,)
        With sum ``total``.
    """
    # If the first t parts are ``most``, the rest is divided in proportion among the
    # others. The result has the smallest t with which no part exceeds ``most``.
    to_share = total - most * np.arange(len(popularity))
    scale = to_share / np.cumsum(popularity[::-1])[::-1]
    fits = scale * popularity <= most
    fits[-1] = True  # the total fits, but rounding can hide that
    n_full = int(np.argmax(fits))
    share = np.minimum(scale[n_full] * popularity, most)
    share[:n_full] = most

    # Largest remainder: whole numbers with the same sum, each within 1 of its share.
    counts: NDArray[np.int64] = np.floor(share).astype(np.int64)
    missing = total - counts.sum()
    counts[np.argsort(counts - share, kind="stable")[:missing]] += 1
    return counts
