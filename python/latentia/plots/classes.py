"""A grid of images by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from latentia.plots.images import displayable, image_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def class_grid(
    images: ArrayLike,
    labels: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    columns: int = 12,
) -> Figure:
    """Draw the first images of each class in a row, with the class above it.

    Parameters
    ----------
    images : array-like of shape (n, H, W) or (n, H, W, 3)
        uint8 in 0..255 or float in 0..1.
    labels : array-like of shape (n,)
        Integers or strings; the rows are in sorted order.
    names : sequence of str, optional
        Titles of the rows, one for each class in ``labels``; the labels by default.
    columns : int, default=12
        Largest number of images of a class. A class with fewer leaves cells empty.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a shape, a value range or a number of labels, names or columns does not fit.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> from latentia.datasets import load_digits
    >>> digits = load_digits()
    >>> figure = plots.class_grid(digits.images, digits.labels, columns=12)
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
    # Empty cells are white, like the background.
    white = 255 if pixels.dtype == np.uint8 else 1
    grid = np.full((len(rows), longest, *pixels.shape[1:]), white, pixels.dtype)
    for cells, row in zip(grid, rows, strict=True):
        cells[: len(row)] = pixels[row]
    return image_grid(
        grid.reshape(-1, *pixels.shape[1:]),
        columns=longest,
        row_titles=[str(name) for name in (kinds if names is None else names)],
    )
