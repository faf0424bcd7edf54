"""The steps that PCA and TruncatedSVD share."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._features import note_features
from latentia.decomposition.svd import Decomposition
from latentia.rows import (
    Centre,
    RowSource,
    Summary,
    as_rows,
    change_in_place,
    product,
    reduce_product,
    single_threaded,
    summarise,
)
from latentia.rows.backend import placed_like, sum_in_float64

Array = NDArray[Any]


def prepare(X: Any, *, n_threads: int) -> tuple[RowSource, Summary]:
    """Return X as rows and their summary; raise if it is not a finite real matrix."""
    rows = as_rows(X)
    return rows, summarise(rows, n_threads=n_threads)


def transform(
    estimator: Any,
    X: Any,
    axes: Array,
    *,
    centre: Centre | None = None,
    n_threads: int,
) -> Any:
    """Return (X − centre)·axes as users get it, in one read of X.

    Raise if its features are not those of ``fit``, or a number is not finite. Then its
    product is not either, and only then a second read tells where it is.
    """
    check_is_fitted(estimator)
    rows = as_rows(X)
    note_features(estimator, X, reset=False)
    Y = rows.empty_state(axes.shape[1])
    if axes.shape[1] == 0:
        summarise(rows, n_threads=n_threads)
        return Y.result()
    read, mean = (rows, None) if centre is None else centre.take_off(rows)
    total = reduce_product(read, axes, _total, mean=mean, Y=Y, n_threads=n_threads)
    if not np.isfinite(total):
        summarise(rows, n_threads=n_threads)
    return Y.result()


def reconstruct_rows(
    X: Any, axes: Array, centre: Centre | None, *, n_threads: int
) -> Any:
    """Return X·axes + centre as users get it: rows of such coordinates."""
    rows = as_rows(X)
    if rows.shape[1] != len(axes):
        raise ValueError(
            f"X has {rows.shape[1]} columns, but there are {len(axes)} components"
        )
    Y = product(rows, axes, n_threads=n_threads)
    if centre is not None:
        mean = centre.parts(rows.dtype)
        for part in reversed(mean) if isinstance(mean, tuple) else (mean,):
            change_in_place(Y, partial(_add, part=part))
    return Y.result()


def _add(Y: Array, *, part: Array) -> None:
    Y += placed_like(part, Y)


@single_threaded
def _total(Y: Array) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return sum_in_float64(Y)


def record_quality(estimator: Any, X: Any, result: Decomposition, k: int) -> None:
    """Record the features of X and how good the first k triplets are.

    Last in a fit: one that fails leaves the estimator as it was.
    """
    note_features(estimator, X, reset=True)
    estimator.n_passes_ = result.n_passes
    estimator.residuals_ = result.residuals[:k]
    estimator.error_bound_ = result.error_bound[:k]
    estimator.method_ = result.method
