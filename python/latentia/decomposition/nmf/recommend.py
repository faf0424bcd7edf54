"""The best of W·H, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._arguments import check_count
from latentia._native import kernels
from latentia.decomposition.nmf.arguments import check_factor, fit_type
from latentia.rows import memory_rows

Array = NDArray[Any]


def recommend(
    users: Any, components: Array, n: Any, exclude: Any, n_threads: int
) -> tuple[NDArray[np.int64], Array]:
    """Return items and scores, as ``NMF.recommend`` says."""
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
    W = fit_type(W, "users", dtype)
    known = None
    if exclude is not None:
        if not scipy.sparse.issparse(exclude):
            raise TypeError(
                "exclude must be a sparse matrix, whose stored entries are left out; "
                f"got {type(exclude).__name__}"
            )
        rows = memory_rows(exclude, name="exclude")
        expected = len(W), components.shape[1]
        if rows.shape != expected:
            raise ValueError(
                f"exclude must have the shape {expected}, got {rows.shape}"
            )
        assert isinstance(rows.block, tuple)
        start, column, value, n_features = rows.block
        known = start, column, value.astype(dtype, copy=False), n_features
    items = np.empty((len(W), count), dtype=np.int64)
    scores = np.empty((len(W), count), dtype=dtype)
    kernels.nmf_recommend(
        W, np.ascontiguousarray(components.T), known, items, scores, n_threads
    )
    return items, scores
