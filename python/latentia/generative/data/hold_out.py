"""The images that scores are taken on."""

from __future__ import annotations

import numbers
from typing import Any

import torch

from latentia.generative.data import ImageSet, as_image_set, class_indices, mode_of

LEAST = 2
"""Images on either side: scores, and the networks' averages, look at how they vary."""


def hold_out(
    data: ImageSet,
    validation: Any,
    size: tuple[int, int] | None,
    labelled: bool,
    seed: int,
) -> tuple[ImageSet, ImageSet]:
    """Return what is trained on, and what is scored on.

    Raises
    ------
    ValueError
        If ``validation`` is a share outside 0..1 or of too few images, or images of
        another shape or with classes that the training has not got.
    """
    if validation is None:
        return data, data
    if isinstance(validation, numbers.Real) and not isinstance(validation, bool):
        share = float(validation)
        if not 0 < share < 1:
            raise ValueError(f"validation must lie between 0 and 1, got {validation}")
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
        f"validation={share:g} holds images out to take scores on, and at least "
        f"{LEAST} must be on either side: give more images, or none for scores "
        "(validation=None, --validation 0)"
    )
    if n < 2 * LEAST:
        raise ValueError(f"X has {n} images: {advice}")
    share = max(share, LEAST / n)
    spare = n - n_classes
    if spare < LEAST and not labelled:
        # Classes that the model does not know need not be on either side.
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
