"""Images and labels that private generators are given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import did_you_mean
from latentia._warnings import warn_caller
from latentia.datasets.levels import as_bytes, plain_array
from latentia.privacy.noise import PrivacyWarning


def check_images(images: Any) -> NDArray[np.uint8]:
    """Return images as bytes (n, H, W) or (n, H, W, C), or raise.

    They can be integers 0..255 or floats 0..1.
    """
    array = plain_array(images)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    is_grey = array.ndim == 3
    if not (is_grey or (array.ndim == 4 and array.shape[3] in (2, 3, 4))):
        raise ValueError(
            "X must have the shape (n, H, W) or (n, H, W, C) with 1 to 4 channels, got "
            f"{array.shape}"
        )
    if 0 in array.shape:
        raise ValueError(f"X must have at least one image, got shape {array.shape}")
    return as_bytes(array)


def known_classes(classes: Any, y: Any, n: int) -> NDArray[Any]:
    """Return the public set of labels, or warn that it was read from ``y``."""
    if y is None:
        if classes is not None:
            raise ValueError("classes are given, but fit was called without y")
        return np.array([], dtype=np.int64)
    labels = as_labels(y, "y")
    if len(labels) != n:
        raise ValueError(f"y has {len(labels)} labels for {n} images")
    if classes is None:
        warn_caller(
            "classes were not given and are those of y: which labels occur is then "
            "public. List all that could occur, such as classes=range(10)",
            PrivacyWarning,
        )
        return np.unique(labels)
    found = np.unique(as_labels(classes, "classes"))
    if not len(found):
        raise ValueError("classes must have at least one label")
    return found


def as_labels(labels: Any, name: str) -> NDArray[Any]:
    """Return labels as int64 or strings, or raise."""
    values = plain_array(list(labels) if isinstance(labels, range) else labels)
    if values.ndim != 1 or values.dtype.kind not in "iubUO":
        raise TypeError(
            f"{name} must be a list of integers or strings, got shape {values.shape} "
            f"of type {values.dtype}"
        )
    if values.dtype.kind == "O":
        if not all(isinstance(value, str) for value in values):
            raise TypeError(f"{name} must be integers or strings, not both")
        return values.astype(str)
    return values if values.dtype.kind == "U" else values.astype(np.int64)


def class_indices(y: Any, classes: NDArray[Any], n: int) -> NDArray[np.int64]:
    """Return the class of n images as indices; one label stands for all.

    The text of a number stands for the number, and the other way round.
    """
    one = isinstance(y, str) or np.ndim(y) == 0
    values = [str(v) for v in as_labels([y] if one else y, "y").tolist()]
    values = values * n if one else values
    if len(values) != n:
        raise ValueError(f"y has {len(values)} labels for {n} images")
    known = {str(label): i for i, label in enumerate(classes.tolist())}
    for value in values:
        if value not in known:
            raise ValueError(
                f"y must be among {', '.join(known) or 'no classes'}, got {value!r}"
                f"{did_you_mean(value, known)}"
            )
    return np.array([known[value] for value in values], dtype=np.int64)
