"""Sheets of images by class: a row for each, named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from latentia.plots.images import displayable, image_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def class_sheet(
    images: ArrayLike,
    labels: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    columns: int = 12,
) -> Figure:
    """Draw the first images of each class in a row of their own.

    Parameters
    ----------
    images : array-like of shape (n, H, W) or (n, H, W, 3)
        uint8 in 0..255 or float in 0..1.
    labels : array-like of shape (n,)
        Integers or strings; rows come in their order.
    names : sequence of str, optional
        Titles of the rows, one for each class there is; by default the labels.
    columns : int, default=12
        Images of a class at most; places stay empty where it has fewer.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a shape, a value range or a number of labels, names or columns does not fit.
    ImportError
        If matplotlib is not installed.
    """
    pixels, classes = displayable(images), np.asarray(labels)
    if classes.shape != pixels.shape[:1]:
        raise ValueError(
            f"labels must have shape ({len(pixels)},), got {classes.shape}"
        )
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    kinds = np.unique(classes)
    if names is not None and len(names) != len(kinds):
        raise ValueError(f"names must have {len(kinds)} entries, got {len(names)}")
    rows = [np.flatnonzero(classes == kind)[:columns] for kind in kinds]
    longest = max(len(row) for row in rows)
    # White, as the paper is.
    white = 255 if pixels.dtype == np.uint8 else 1
    page = np.full((len(rows), longest, *pixels.shape[1:]), white, pixels.dtype)
    for places, row in zip(page, rows, strict=True):
        places[: len(row)] = pixels[row]
    return image_sheet(
        page.reshape(-1, *pixels.shape[1:]),
        columns=longest,
        row_titles=list(names or map(str, kinds.tolist())),
    )
