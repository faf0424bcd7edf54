"""The images that scores are taken on."""

from __future__ import annotations

import numbers
from typing import Any

import torch

from latentia.generative.data import ImageSet, as_image_set, class_indices


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
        If ``validation`` is a share outside 0..1, or images of another shape or with
        classes that the training has not got.
    """
    if validation is None:
        return data, data
    if isinstance(validation, numbers.Real) and not isinstance(validation, bool):
        share = float(validation)
        if not 0 < share < 1:
            raise ValueError(f"validation must lie between 0 and 1, got {validation}")
        # Scores look at how images vary, which takes two.
        return data.split(max(share, min(2 / len(data), 0.5)), seed)
    X, y = validation if isinstance(validation, tuple) else (validation, None)
    other = as_image_set(X, y, size=size or data.image_shape[1:], labelled=labelled)
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
