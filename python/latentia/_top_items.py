"""The items with the largest scores, row by row; shared by NMF and recommenders.

Of equal scores the item with the lower number comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.rows import Csr

Array = NDArray[Any]
Items = NDArray[np.int64]


class Selection(NamedTuple):
    """Which items are taken, of each row.

    Attributes
    ----------
    n : int
        So many, those with the largest scores.
    exclude : Csr of shape (n_rows, n_items), optional
        Its stored entries are left out.
    offered : ndarray of shape (n_offered,), optional
        Items to choose from, ascending; by default all.
    n_threads : int, default=1
    """

    n: int
    exclude: Csr | None = None
    offered: Items | None = None
    n_threads: int = 1


def top_of_product(W: Array, Ht: Array, selection: Selection) -> tuple[Items, Array]:
    """Return the items with the largest entries of each row of W·Htᵀ, and these.

    Parameters
    ----------
    W : ndarray of shape (m, k)
    Ht : ndarray of shape (n_items, k)
        C-ordered, of the type of W.
    selection : Selection

    Returns
    -------
    items : ndarray of shape (m, n)
        Best first; −1 if there are no more.
    scores : ndarray of shape (m, n)
        −∞ if there are no more.
    """
    offered, n_threads = selection.offered, selection.n_threads

    def top(excluded: Csr | None, items: Items, scores: Array) -> None:
        factors = Ht if offered is None else np.ascontiguousarray(Ht[offered])
        kernels.top_of_product(W, factors, excluded, items, scores, n_threads)

    return _top(top, len(W), W.dtype, selection)


def top_of_scores(S: Array, selection: Selection) -> tuple[Items, Array]:
    """Return the items with the largest entries of each row of S, and these.

    Parameters
    ----------
    S : ndarray of shape (m, n_items)
        C-ordered. An item with the score −∞ is never taken.
    selection : Selection

    Returns
    -------
    items, scores : ndarray of shape (m, n)
        As of ``top_of_product``.
    """
    offered, n_threads = selection.offered, selection.n_threads

    def top(excluded: Csr | None, items: Items, scores: Array) -> None:
        given = S if offered is None else np.ascontiguousarray(S[:, offered])
        kernels.top_of_scores(given, excluded, items, scores, n_threads)

    return _top(top, len(S), S.dtype, selection)


def _top(
    top: Callable[[Csr | None, Items, Array], None],
    n_rows: int,
    dtype: np.dtype[Any],
    selection: Selection,
) -> tuple[Items, Array]:
    exclude, offered = selection.exclude, selection.offered
    found = np.empty((n_rows, selection.n), dtype=np.int64)
    scores = np.empty((n_rows, selection.n), dtype=dtype)
    if exclude is not None:
        exclude = exclude._replace(data=exclude.data.astype(dtype, copy=False))
        exclude = exclude if offered is None else _columns(exclude, offered)
    top(exclude, found, scores)
    if offered is not None:
        found = np.append(offered, -1)[found]  # −1 means none and stays −1
    return found, scores


def _columns(exclude: Csr, offered: Items) -> Csr:
    """Return these columns of the excluded entries."""
    ones = np.ones(len(exclude.indices), exclude.data.dtype)
    kept = exclude._replace(data=ones).to_scipy()[:, offered]
    kept.sort_indices()
    return Csr.from_scipy(kept)
