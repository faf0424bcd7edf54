"""The largest entries of W·H, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._arguments import check_count
from latentia._top_items import Selection, top_of_product
from latentia.decomposition.nmf.factors import check_factor, check_fits_type
from latentia.rows import memory_rows

Array = NDArray[Any]


def recommend(
    users: Any,
    components: Array,
    n: Any,
    exclude: Any,
    items: Any,
    filter_items: Any,
    n_threads: int,
) -> tuple[NDArray[np.int64], Array]:
    """Return items and scores, as documented at ``NMF.recommend``."""
    count = check_count(n, "n", least=1)
    try:
        n_users, _ = np.shape(users)
    except ValueError:
        raise ValueError(
            "users must be rows of W, of shape (n_users, n_components), got "
            f"{users!r:.200}"
        ) from None
    dtype = components.dtype
    W = check_factor(users, "users", (n_users, len(components)), zeros=True)
    W = check_fits_type(W, "users", dtype)
    excluded = None
    if exclude is not None:
        if not scipy.sparse.issparse(exclude):
            raise TypeError(
                "exclude must be a sparse matrix, whose stored entries are left out, "
                f"got {type(exclude).__name__}"
            )
        rows = memory_rows(exclude, name="exclude")
        expected = len(W), components.shape[1]
        if rows.shape != expected:
            raise ValueError(
                f"exclude must have the shape {expected}, got {rows.shape}"
            )
        excluded = rows.csr
    offered = _offered(items, filter_items, components.shape[1])
    Ht = np.ascontiguousarray(components.T)
    return top_of_product(W, Ht, Selection(count, excluded, offered, n_threads))


def _offered(items: Any, filter_items: Any, n: int) -> NDArray[np.int64] | None:
    """Return the items that can be recommended; None for all."""
    if items is None and filter_items is None:
        return None
    offered = np.zeros(n, dtype=bool)
    offered[slice(None) if items is None else _check_items(items, "items", n)] = True
    if filter_items is not None:
        offered[_check_items(filter_items, "filter_items", n)] = False
    found: NDArray[np.int64] = np.flatnonzero(offered)
    return found


def _check_items(items: Any, name: str, n: int) -> NDArray[np.int64]:
    try:
        numbers = np.asarray(items)
        if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
            raise TypeError
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} must be a list of item numbers, got {items!r:.200}"
        ) from None
    wrong = (numbers < 0) | (numbers >= n)
    if wrong.any():
        raise ValueError(
            f"{name} must be numbers from 0 to {n - 1}, got {numbers[wrong][0]}"
        )
    return numbers.astype(np.int64)
