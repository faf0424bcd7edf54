"""What the estimators do alike: take in X, and keep the proof of what they found."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from latentia._features import note_features
from latentia.decomposition.svd import Decomposition
from latentia.rows import RowSource, Summary, as_rows, summarise


def take_in(X: Any, *, n_threads: int) -> tuple[RowSource, Summary]:
    """Return X as rows and their summary; raise if it is not a finite real matrix."""
    rows = as_rows(X)
    return rows, summarise(rows, n_threads=n_threads)


def take_in_like_fit(estimator: Any, X: Any, *, n_threads: int) -> RowSource:
    """Return X as rows; raise if its features are not those of ``fit``."""
    check_is_fitted(estimator)
    rows = as_rows(X)
    note_features(estimator, X, reset=False)
    summarise(rows, n_threads=n_threads)
    return rows


def keep(estimator: Any, X: Any, result: Decomposition, k: int) -> None:
    """Record the features of X and how good the first k triplets are.

    Last in a fit: one that fails leaves the estimator as it was.
    """
    note_features(estimator, X, reset=True)
    estimator.n_passes_ = result.n_passes
    estimator.residuals_ = result.residuals[:k]
    estimator.error_bound_ = result.error_bound[:k]
    estimator.method_ = result.method
