"""Real images in the form of a model's, for comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.generative.data import as_image_set, to_numpy
from latentia.generative.models.base import ImageModel

LEAST = 8
"""Fewest images for a comparison."""


def real_images(
    model: ImageModel, X: Any, y: ArrayLike | None = None, *, name: str = "X"
) -> tuple[NDArray[np.uint8], NDArray[Any] | None]:
    """Return images in the size and mode of the model, and their labels.

    Parameters
    ----------
    model : ImageModel
        Fitted.
    X : array, tensor, path or torch Dataset
    y : array-like of shape (n,), optional
    name : str, default="X"
        Name of X in error messages.

    Returns
    -------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
    labels : ndarray of shape (n,) or None

    Raises
    ------
    ValueError
        If they have another size than the model's, or are too few.
    """
    images, labels = plain_images(X, y, least=LEAST, name=name, **model.input_format(X))
    check_shape(model, images.shape[1:], name)
    return images, labels


def check_shape(model: ImageModel, shape: tuple[int, ...], name: str) -> None:
    """Raise unless images have the shape of the model's."""
    if shape != model.image_shape_:
        raise ValueError(
            f"the images of {name} have shape {shape}, those of the model "
            f"{model.image_shape_}"
        )


def plain_images(
    X: Any,
    y: ArrayLike | None = None,
    *,
    size: tuple[int, int] | None = None,
    mode: str | None = None,
    least: int = LEAST,
    name: str = "X",
) -> tuple[NDArray[np.uint8], NDArray[Any] | None]:
    """Return images converted to a size and mode, and their labels.

    The parameters are those of `as_image_set`, the results those of `real_images`.
    """
    found = as_image_set(X, y, size=size, mode=mode, least=least, name=name)
    labels = None if found.labels is None else found.classes[found.labels.numpy()]
    return to_numpy(found.images), labels
