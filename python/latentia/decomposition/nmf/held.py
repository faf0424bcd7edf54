"""What a fit knows besides H, and whether it is still of the H that there is.

``components_`` may be set by hand, or changed in place: what a fit had found for other
components (the mean row of W, what batches are added to) means nothing beside them.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia.decomposition.nmf.arguments import check_factor

Array = NDArray[Any]

Mark = tuple[int, int]
"""Checksums of ``components_`` and ``mean_weights_``."""


def components_of(model: Any, n_features: int | None = None) -> Array:
    """Return H, in float32 or float64 and C order, or raise if it is none.

    Raises
    ------
    NotFittedError
        If there are no components.
    ValueError, TypeError
        If they are not a matrix of finite numbers ≥ 0, with so many columns if told.
    """
    check_is_fitted(model, "components_")
    shape = np.shape(model.components_)
    if len(shape) != 2 or 0 in shape:
        raise ValueError(
            "components_ must be a matrix with at least one row and column, got the "
            f"shape {shape}"
        )
    H = check_factor(model.components_, "components_", shape, zeros=True)
    if n_features is not None and H.shape[1] != n_features:
        raise ValueError(
            f"X has {n_features} features, but components_ has {H.shape[1]} columns"
        )
    return np.ascontiguousarray(H)


def mark(model: Any) -> Mark:
    """Return the mark of a model as it is now, to know it again by."""
    return _checksum(model.components_), _checksum(model.mean_weights_)


def is_as_fitted(model: Any) -> bool:
    """Whether H is the one that was fitted."""
    kept = getattr(model, "_mark", None)
    return kept is not None and kept[0] == _checksum(model.components_)


def mean_weights_of(model: Any) -> Array | None:
    """Return the mean row of W (k,), float64; None if it is that of another H.

    What was set by hand as well counts.
    """
    mean = getattr(model, "mean_weights_", None)
    k = len(model.components_)
    if mean is None or np.shape(mean) != (k,):
        return None
    kept: Mark | None = getattr(model, "_mark", None)
    if kept is not None and not is_as_fitted(model) and kept[1] == _checksum(mean):
        return None
    checked = check_factor(
        np.reshape(mean, (1, k)), "mean_weights_", (1, k), zeros=True
    )
    found: Array = checked[0].astype(np.float64)
    return found


def known_mean_of(model: Any) -> float | None:
    """Return the mean of the known entries that H was fitted to, if it was."""
    return float(model.known_mean_) if is_as_fitted(model) else None


def _checksum(array: Any) -> int:
    numbers = np.ascontiguousarray(array)
    return zlib.crc32(numbers.tobytes() + f"{numbers.dtype}{numbers.shape}".encode())
