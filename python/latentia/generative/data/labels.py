"""Labels as indices into the sorted classes."""

from __future__ import annotations

import numbers
from typing import Any
from unicodedata import normalize

import numpy as np
import torch
from numpy.typing import NDArray

_SHOWN = 20
"""Classes that an error message lists."""


def encode(
    y: Any, n: int, *, name: str = "y"
) -> tuple[torch.Tensor, NDArray[np.int64 | np.str_]]:
    """Return labels as indices, and the classes that they are indices into.

    Parameters
    ----------
    y : array-like of shape (n,)
        Integers or strings. Booleans count as 0 and 1, and whole floats as integers.
    n : int
        Number of images.
    name : str
        How error messages call it.

    Returns
    -------
    labels : Tensor of int64, shape (n,)
    classes : ndarray of int64 or str
        Sorted, each with an image.

    Raises
    ------
    TypeError, ValueError
        `y` has another length, or holds what is neither an integer nor a string, such
        as NaN, or both of them.
    """
    values = _plain(y, name)
    if len(values) != n:
        raise ValueError(f"{name} has {len(values)} labels for {n} images")
    classes, indices = np.unique(values, return_inverse=True)
    return torch.from_numpy(indices.astype(np.int64, copy=False)), classes


def class_indices(
    y: Any, classes: NDArray[Any], n: int | None = None
) -> NDArray[np.int64]:
    """Return the indices of labels in ``classes``.

    Parameters
    ----------
    y : label, or array-like of them, of shape (n,)
        The text of a number stands for the number, and the other way round: "3" is 3.
    classes : ndarray of int64 or str
        As `ImageSet.classes` has them.
    n : int or None
        Number of indices: one label is repeated, several labels must have this number.

    Returns
    -------
    indices : ndarray of int64, shape (n,), or (1,) for one label if `n` is None

    Raises
    ------
    ValueError
        A class is unknown, or `y` has another length than n.
    TypeError
        A label is neither an integer nor a string.
    """
    one = isinstance(y, str) or np.ndim(y) == 0
    values = _plain([y] if one else y, "y")
    if one and n is not None:
        values = np.repeat(values, n)
    if n is not None and len(values) != n:
        raise ValueError(f"y has {len(values)} labels for {n} images")
    known = {str(label): index for index, label in enumerate(classes.tolist())}
    # An accent may be typed as a combining character or composed: first the class with
    # the same code points, else one that looks the same.
    alike = {normalize("NFC", name): index for name, index in known.items()}
    wanted = [str(label) for label in values.tolist()]
    found = [known.get(name, alike.get(normalize("NFC", name))) for name in wanted]
    for label, index in zip(values.tolist(), found, strict=True):
        if index is None:
            raise ValueError(f"y = {label!r}: {_known_classes(classes)}")
    return np.array(found, dtype=np.int64)


def _known_classes(classes: NDArray[Any]) -> str:
    if not len(classes):
        return "there are no classes, as there were no labels in training"
    shown = ", ".join(repr(label) for label in classes[:_SHOWN].tolist())
    more = f" and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else ""
    return f"unknown class, known: {shown}{more}"


def _plain(y: Any, name: str) -> NDArray[np.int64 | np.str_]:
    """Return labels as int64 or str, or raise naming the first that is neither."""
    if isinstance(y, torch.Tensor):
        y = y.detach().cpu().tolist()
    # Left to itself, NumPy takes the integers of a mixed list for strings.
    values: NDArray[Any]
    values = _as_objects(y) if isinstance(y, list | tuple) else np.asarray(y)
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have one dimension, a label for each image, got shape "
            f"{values.shape}"
        )
    if values.dtype.kind == "U":
        return values.astype(np.str_, copy=False)
    if values.dtype.kind in "ib" or (values.dtype.kind == "u" and values.itemsize < 8):
        return values.astype(np.int64)
    labels = [_label(value, f"{name}[{i}]") for i, value in enumerate(values.tolist())]
    n_text = sum(isinstance(label, str) for label in labels)
    if 0 < n_text < len(labels):
        raise TypeError(
            f"{name} mixes strings and integers ({n_text} of {len(labels)} are "
            "strings): all labels must be of one kind"
        )
    plain: NDArray[np.int64 | np.str_] = np.array(
        labels, dtype=np.str_ if n_text else np.int64
    )
    return plain


def _as_objects(y: list[Any] | tuple[Any, ...]) -> NDArray[np.object_]:
    objects = np.empty(len(y), dtype=object)
    objects[:] = [
        value.item() if getattr(value, "ndim", None) == 0 else value for value in y
    ]
    return objects


def _label(value: Any, name: str) -> int | str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, numbers.Real):
        # NaN and infinity are no integers either.
        number = float(value)
        if number.is_integer() and abs(number) < 2**63:
            return int(value)  # type: ignore[call-overload, no-any-return]
        raise ValueError(f"{name} = {value!r}: an integer or a string is allowed")
    raise TypeError(f"{name} = {value!r}: an integer or a string is allowed")
