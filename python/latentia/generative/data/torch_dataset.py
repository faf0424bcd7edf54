"""A dataset of single images, as torch and torchvision have them, read whole."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from latentia.datasets.images import own_mode, to_array

from .arrays import read_array


def read_dataset(
    X: Any, size: tuple[int, int] | None = None
) -> tuple[torch.Tensor, list[Any] | None]:
    """Return the images of a dataset, and their labels if it has any.

    Parameters
    ----------
    X : map-style Dataset or sequence
        Items are an image or (image, label). An image is a Pillow image, an array
        (H, W) or (H, W, C), or a tensor (H, W) or (C, H, W).
    size : (height, width) or None
        As `resize` has it; None asks for images of one size.

    Returns
    -------
    images : Tensor of uint8, shape (n, C, H, W)
    labels : list of n labels as they are, or None

    Raises
    ------
    TypeError
        X is no such dataset, or an item's values are no numbers.
    ValueError
        An item cannot be read, is no image, or differs from the first in its shape; it
        is named.
    """
    n = _length(X)
    images = torch.empty(0, dtype=torch.uint8)
    labels = []
    for i in range(n):
        try:
            image, label = _image_and_label(X[i])
            array = _as_array(image, size)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(f"X[{i}] could not be read: {reason}") from error
        pixels = read_array(array[None], size, item=i)[0]
        if i == 0:
            images = torch.empty((n, *pixels.shape), dtype=torch.uint8)
        if pixels.shape != images.shape[1:]:
            raise ValueError(
                f"X[{i}] has {_form(pixels)}, X[0] has {_form(images[0])}: all must be "
                "of one size (size=(height, width) brings them to it) and one mode"
            )
        images[i] = pixels
        labels.append(label)
    has_labels = any(label is not None for label in labels)
    return images, labels if has_labels else None


def _length(X: Any) -> int:
    if isinstance(X, IterableDataset) or not hasattr(X, "__getitem__"):
        raise TypeError(
            f"X is a {type(X).__name__}: an array, a tensor, the path of a folder, or "
            "a map-style Dataset of images or (image, label) is allowed"
        )
    return len(X)


def _image_and_label(item: Any) -> tuple[Any, Any]:
    # A list of more is an image of nested lists, which NumPy reads.
    if isinstance(item, tuple) or (isinstance(item, list) and len(item) < 3):
        if not 1 <= len(item) <= 2:
            raise TypeError(
                f"it is a tuple of {len(item)}: an image or (image, label) is allowed"
            )
        return item[0], item[1] if len(item) == 2 else None
    return item, None


def _as_array(image: Any, size: tuple[int, int] | None) -> NDArray[Any] | torch.Tensor:
    if isinstance(image, torch.Tensor | np.ndarray):
        return image
    # Where there is a Pillow image, Pillow is loaded.
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(image, pillow.Image):
        return to_array(image, own_mode(image), size)
    return np.asarray(image)


def _form(image: torch.Tensor) -> str:
    n_channels, height, width = image.shape
    return f"{height}×{width} pixels of {n_channels} channel(s)"
