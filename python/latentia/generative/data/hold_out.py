"""The images that scores are computed on, apart from those of the training."""

from __future__ import annotations

import numbers
from typing import Any

import torch

from latentia.generative.data import ImageSet, as_image_set, class_indices, mode_of
from latentia.generative.data.image_set import check_share

LEAST = 2
"""Images on either side: scores and batch normalisation need a variance."""


def hold_out(
    data: ImageSet,
    validation: Any,
    size: tuple[int, int] | None,
    labelled: bool,
    seed: int,
) -> tuple[ImageSet, ImageSet]:
    """Return the images to train on, and those to compute scores on.

    Raises
    ------
    ValueError
        If ``validation`` is a share outside 0..1 or of too few images, or images of
        another shape or with classes that are not in the training.
    """
    if validation is None:
        return data, data
    if isinstance(validation, numbers.Real) and not isinstance(validation, bool):
        share = check_share(validation, "validation")
        return _split(data, share, labelled, seed)
    X, y = validation if isinstance(validation, tuple) else (validation, None)
    other = as_image_set(
        X,
        y,
        size=size or data.image_shape[1:],
        mode=mode_of(data.image_shape[0]),
        labelled=labelled,
        least=LEAST,
        name="validation",
    )
    if other.image_shape != data.image_shape:
        raise ValueError(
            f"validation holds images of shape {other.image_shape} (channels, height, "
            f"width), X of {data.image_shape}"
        )
    if labelled and other.labels is not None:
        indices = class_indices(other.classes[other.labels.numpy()], data.classes)
        labels = torch.from_numpy(indices)
        other = ImageSet(other.images, labels, data.classes, other.skipped)
    return data, other


def _split(
    data: ImageSet, share: float, labelled: bool, seed: int
) -> tuple[ImageSet, ImageSet]:
    """Hold a share out, at least two images, and leave two to train on, or raise."""
    n, n_classes = len(data), len(data.classes)
    advice = (
        f"validation={share:g} holds images out to compute scores on, and at least "
        f"{LEAST} must be on either side: give more images, or none for scores "
        "(validation=None, --validation 0)"
    )
    if n < 2 * LEAST:
        raise ValueError(f"X has {n} images: {advice}")
    share = max(share, LEAST / n)
    spare = n - n_classes
    if spare < LEAST and not labelled:
        # The model does not use classes: they need not be on either side.
        data = ImageSet(data.images, None, data.classes[:0], data.skipped)
    elif spare < LEAST:
        raise ValueError(
            f"X has {n} images of {n_classes} classes, each of which needs one to "
            f"train on: {advice}"
        )
    trained, held_out = data.split(share, seed)
    if min(len(trained), len(held_out)) < LEAST:
        raise ValueError(
            f"X has {n} images, of which {len(trained)} would be left to train on: "
            f"{advice}"
        )
    return trained, held_out
