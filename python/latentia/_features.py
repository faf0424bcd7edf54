"""The names and the number of features, as scikit-learn keeps and compares them."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import validate_data


def note_features(estimator: Any, X: Any, *, reset: bool) -> None:
    """Record the features of X in ``fit``, or raise if they are not the recorded ones.

    A frame that is elsewhere is described by an empty one that is here.
    """
    # Asked of the type: a frame answers for a column of this name.
    elsewhere = hasattr(type(X), "columns") and hasattr(type(X), "_meta")
    described = X._meta if elsewhere else X
    validate_data(estimator, described, reset=reset, skip_check_array=True)
