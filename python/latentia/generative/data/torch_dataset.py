"""A dataset of single images, as torch and torchvision have them, read whole."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from os import PathLike
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from latentia._room import check_room
from latentia._warnings import warn_caller
from latentia.datasets.images import Mode, open_picture, own_mode, to_array
from latentia.generative.data.arrays import read_array

_REREAD = 8
"""Images that are read twice, to see whether they are the same each time."""

_IMAGE_KEYS = ("image", "images", "img", "pixel_values", "x")
_LABEL_KEYS = ("label", "labels", "target", "y")
"""Keys of dictionaries, as in Hugging Face's datasets."""


@runtime_checkable
class Indexable(Protocol):
    """A map-style dataset or a sequence."""

    def __getitem__(self, index: int, /) -> Any:
        """Return an item."""

    def __len__(self) -> int:
        """Return the number of items."""


def read_dataset(
    X: Any,
    size: tuple[int, int] | None = None,
    mode: Mode | None = None,
    copies: int = 1,
) -> tuple[torch.Tensor, list[Any] | None]:
    """Return the images of a dataset, and their labels if it has any.

    Parameters
    ----------
    X : map-style Dataset or sequence
        Items are an image, (image, label) or a dictionary with "image" and, maybe,
        "label". An image is a Pillow image, the path of a picture file, an array (H, W)
        or (H, W, C), or a tensor (H, W) or (C, H, W).
    size : (height, width) or None
    mode : {"L", "RGB", "RGBA"} or None
        As `resize` has them; None asks for images of one size, and of one mode.
    copies : int
        How often memory must have room for them.

    Returns
    -------
    images : Tensor of uint8, shape (n, C, H, W)
    labels : list of n labels as they are, or None

    Warns
    -----
    UserWarning
        An image differs when it is read again, as with random transforms.

    Raises
    ------
    TypeError
        X is not such a dataset, or an item's values are not numbers.
    ValueError
        An item cannot be read, is not an image, or differs from the first in its shape.
        The message names the item.
    """
    n = _length(X)
    images = torch.empty(0, dtype=torch.uint8, device="cpu")
    labels = []
    is_random = False
    for i in range(n):
        pixels, label = _read_item(X, i, size, mode)
        if i < _REREAD and not is_random:
            is_random = not torch.equal(pixels, _read_item(X, i, size, mode)[0])
        if i == 0:
            shape = (n, *pixels.shape)
            check_room(shape, copies)
            images = torch.empty(shape, dtype=torch.uint8, device="cpu")
        if pixels.shape != images.shape[1:]:
            raise ValueError(
                f"X[{i}] has {_form(pixels)}, X[0] has {_form(images[0])}: all must be "
                "of one size and one mode (size=(height, width) and mode='RGB' bring "
                "them to it)"
            )
        images[i] = pixels
        labels.append(label)
    if is_random:
        warn_caller(
            "X gives other images each time it is read, as random transforms do: they "
            "are read once, and resume= will not find the same; leave the transforms "
            "out (GANs have augment=True)",
            UserWarning,
        )
    has_labels = any(label is not None for label in labels)
    return images, labels if has_labels else None


def _read_item(
    X: Any, i: int, size: tuple[int, int] | None, mode: Mode | None
) -> tuple[torch.Tensor, Any]:
    """Return pixels (C, H, W) and label of an item, or raise naming it."""
    try:
        image, label = _image_and_label(X[i])
        array = _as_array(image, size, mode)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"X[{i}] could not be read: {reason}") from error
    return read_array(array[None], size, mode=mode, item=i)[0], label


def _length(X: Any) -> int:
    if isinstance(X, IterableDataset) or not isinstance(X, Indexable):
        raise TypeError(
            f"X is a {type(X).__name__}: an array, a tensor, the path of a folder, or "
            "a map-style Dataset or list of images, (image, label) or paths is allowed"
        )
    return len(X)


def _image_and_label(item: Any) -> tuple[Any, Any]:
    if isinstance(item, Mapping):
        image = next((key for key in _IMAGE_KEYS if key in item), None)
        if image is None:
            found = ", ".join(map(repr, item)) or "nothing"
            raise TypeError(
                f"it is a dictionary of {found}: one of {_IMAGE_KEYS} is needed"
            )
        label = next((key for key in _LABEL_KEYS if key in item), None)
        return item[image], None if label is None else item[label]
    # A list of more is an image of nested lists, which NumPy reads.
    if isinstance(item, tuple) or (isinstance(item, list) and len(item) < 3):
        if not 1 <= len(item) <= 2:
            raise TypeError(
                f"it is a tuple of {len(item)}: an image or (image, label) is allowed"
            )
        return item[0], item[1] if len(item) == 2 else None
    return item, None


def _as_array(
    image: Any, size: tuple[int, int] | None, mode: Mode | None
) -> NDArray[Any] | torch.Tensor:
    if isinstance(image, str | PathLike):
        with open_picture(image) as picture:
            return to_array(picture, mode or own_mode(picture), size)
    if isinstance(image, torch.Tensor | np.ndarray):
        return image
    # If X has Pillow images, Pillow is already imported.
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(image, pillow.Image):
        return to_array(image, mode or own_mode(image), size)
    return np.asarray(image)


def _form(image: torch.Tensor) -> str:
    n_channels, height, width = image.shape
    return f"{height}×{width} pixels of {n_channels} channel(s)"
