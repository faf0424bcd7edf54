"""The fit of ratings: μ, and by turns users and items with their biases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from latentia._arguments import draw_seed
from latentia._native import kernels
from latentia.recommend.als import (
    Sides,
    alternate,
    check_factor_room,
    random_factors,
    ridge_of,
)
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.rows import Csr


def fit(
    data: Interactions,
    k: int,
    regularization: float,
    *,
    n_iter: int,
    verbose: int,
    random_state: Any,
    n_threads: int,
) -> dict[str, Any]:
    """Return the fitted attributes of a ``RatingALS``."""
    check_factor_room(data.shape, k + 1, data.dtype)
    sides, dtype = Sides.of(data.matrix), data.dtype
    mean = float(data.matrix.data.mean(dtype=np.float64))
    # A bias is one more factor, of which the other side's is 1.
    U = np.zeros((data.shape[0], k + 1), dtype=dtype)
    V = np.zeros((data.shape[1], k + 1), dtype=dtype)
    V[:, :k] = random_factors(len(V), k, dtype, draw_seed(random_state))

    def iterations() -> Iterator[float]:
        half(sides.by_user, U, V, mean, regularization, n_threads)
        counts = np.diff(sides.by_item.indptr)
        for _ in range(n_iter):
            half(sides.by_item, V, U, mean, regularization, n_threads)
            loss = half(sides.by_user, U, V, mean, regularization, n_threads)
            squares = np.einsum("ik,ik->i", V, V, dtype=np.float64)
            yield loss + regularization * float(counts @ squares)

    objectives = alternate(
        iterations, n_iter, (U, V), name="RatingALS", verbose=verbose
    )
    values = data.matrix.data
    return {
        "mean_": mean,
        "user_factors_": np.ascontiguousarray(U[:, :k]),
        "item_factors_": np.ascontiguousarray(V[:, :k]),
        "user_biases_": U[:, k].copy(),
        "item_biases_": V[:, k].copy(),
        "rating_range_": [float(values.min()), float(values.max())],
        "objectives_": objectives,
    }


def half(
    by_row: Csr,
    F: Array,
    G: Array,
    mean: float,
    regularization: float,
    n_threads: int,
) -> float:
    """Update factors and biases F, for those of the other side; return the loss."""
    k = F.shape[1]
    others = G.copy()
    others[:, -1] = 1
    counts = np.diff(by_row.indptr)
    return kernels.als_rating_half(
        by_row,
        F,
        others,
        np.zeros((k, k), dtype=F.dtype),
        ridge_of(regularization * counts, F.dtype),
        None,
        (mean + G[:, -1].astype(np.float64)).astype(F.dtype),
        "cholesky",
        1,
        n_threads,
    )
