"""The records of an audit: images of both sides, none of them on both."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.evaluation.inputs import ImageInput, ImagesOrFolder, read_images

LEAST = 2
"""Records of a side: one to choose an attack on, and one to measure it on."""


def read_records(
    given: Any, name: str, shape: tuple[int, ...] | None, *, least: int = LEAST
) -> ImageInput:
    """Return images as bytes and their labels, of a pair, an array or a folder.

    Parameters
    ----------
    given : images, or tuple (images, labels)
    name : str
        For error messages.
    shape : tuple of int or None
        Shape that an image must have; those of a folder are converted to it.
    least : int, default=2
    """
    images: ImagesOrFolder = given
    labels: ArrayLike | None = None
    if isinstance(given, tuple) and len(given) == 2:
        images, labels = given
    return read_images(
        images,
        labels,
        name,
        name_of_labels=f"labels of {name}",
        least=least,
        shape=shape,
    )


def without_common(
    members: ImageInput, others: ImageInput
) -> tuple[ImageInput, ImageInput, int]:
    """Return both sides without the images that are on both, and how many these are.

    Raises
    ------
    ValueError
        If fewer than two are left of a side.
    """
    ours, theirs = _keys(members), _keys(others)
    common = np.intersect1d(ours, theirs)
    if not len(common):
        return members, others, 0
    kept = ~np.isin(ours, common), ~np.isin(theirs, common)
    n_left = [int(mask.sum()) for mask in kept]
    if min(n_left) < LEAST:
        raise ValueError(
            "members and non_members must be different images, got "
            f"{len(ours) - n_left[0]} of {len(ours)} members that are non-members too"
        )
    sides = zip((members, others), kept, strict=True)
    first, second = (side.take(np.flatnonzero(mask)) for side, mask in sides)
    return first, second, len(common)


def pixels(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return images as rows of pixels in 0..1."""
    return images.reshape(len(images), -1) / 255.0


def _keys(given: ImageInput) -> NDArray[Any]:
    """Return every image as one value, equal for equal pixels."""
    assert given.images is not None
    rows = np.ascontiguousarray(given.images).reshape(len(given.images), -1)
    keys: NDArray[Any] = rows.view(np.dtype((np.void, rows.shape[1])))[:, 0]
    return keys
