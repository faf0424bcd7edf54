"""What the makers of data share: seeds, checks, and who gets how much."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

RandomState: TypeAlias = int | np.random.Generator | np.random.RandomState | None


def as_generator(random_state: RandomState) -> np.random.Generator:
    """Return a generator; from a RandomState one that it seeds."""
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**32, dtype=np.uint64))
    return np.random.default_rng(random_state)


def check_made(dtype: DTypeLike, **sizes: int) -> np.dtype[Any]:
    """Return the dtype, or raise unless it is a float and all sizes are positive.

    Raises
    ------
    ValueError
        A size is below 1, or the dtype is neither float32 nor float64.
    """
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} = {size}: 1 and up is allowed")
    checked = np.dtype(dtype)
    if checked not in (np.float32, np.float64):
        raise ValueError(f"dtype = {checked.name}: float32 or float64 is allowed")
    return checked


def index_dtype(largest: int) -> np.dtype[Any]:
    """Return the type of a sparse matrix's indices that reach up to ``largest``."""
    return np.dtype(np.int32 if largest < 2**31 else np.int64)


def share_out(
    total: int, popularity: NDArray[np.floating], *, most: int
) -> NDArray[np.int64]:
    """Share ``total`` in proportion to popularity, nobody getting above ``most``.

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
    # With the first t of them full, the rest is shared in proportion among the others;
    # the smallest t that asks nobody for more than ``most`` is the answer.
    to_share = total - most * np.arange(len(popularity))
    scale = to_share / np.cumsum(popularity[::-1])[::-1]
    fits = scale * popularity <= most
    fits[-1] = True  # as the total fits in; rounding may say otherwise
    n_full = int(np.argmax(fits))
    share = np.minimum(scale[n_full] * popularity, most)
    share[:n_full] = most

    # Largest remainder: whole numbers with the same sum, each within 1 of its share.
    counts: NDArray[np.int64] = np.floor(share).astype(np.int64)
    missing = total - counts.sum()
    counts[np.argsort(counts - share, kind="stable")[:missing]] += 1
    return counts
