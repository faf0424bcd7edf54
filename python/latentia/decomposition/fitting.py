"""What the estimators do alike: take in X, and keep the proof of what they found."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import validate_data

from latentia.decomposition.svd import Decomposition
from latentia.rows import MemoryRows, Summary, as_rows, summarise


def take_in(
    estimator: Any, X: Any, *, n_threads: int, reset: bool
) -> tuple[MemoryRows, Summary]:
    """Return X as rows and their summary; raise if it is not a finite real matrix.

    Feature names and their number are recorded (``reset``) or compared with those of
    ``fit``, as scikit-learn's estimators do.
    """
    rows = as_rows(X)
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    return rows, summarise(rows, n_threads=n_threads)


def keep_proof(estimator: Any, result: Decomposition, k: int) -> None:
    """Set the attributes that tell how good the first k triplets are."""
    estimator.n_passes_ = result.n_passes
    estimator.residuals_ = result.residuals[:k]
    estimator.error_bound_ = result.error_bound[:k]
    estimator.method_ = result.method
