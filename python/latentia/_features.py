"""Names and number of features, recorded and compared as in scikit-learn."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import validate_data


def note_features(estimator: Any, X: Any, *, reset: bool) -> None:
    """Record the features of X in ``fit``, or raise if they are not the recorded ones.

    A Dask data frame is represented by its empty ``_meta`` frame.
    """
    # Looked up in the type: an instance returns columns as attributes.
    is_dask_frame = hasattr(type(X), "columns") and hasattr(type(X), "_meta")
    described = X._meta if is_dask_frame else X
    validate_data(estimator, described, reset=reset, skip_check_array=True)
