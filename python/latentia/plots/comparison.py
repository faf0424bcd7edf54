"""Sheets of images beside each other: real and made ones, parts and directions."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from latentia.plots.grid import image_grid, write_above
from latentia.plots.images import (
    KEY_HEIGHT,
    displayable,
    draw_image,
    draw_sign_key,
    signed,
)
from latentia.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEAD = 0.24
"""Height in inches of a sheet's title."""

_GUTTER = 0.3
"""Inches between two sheets."""

_GAP = 1 / 12
"""Between two images of a sheet, as a share of an image's width."""


def side_by_side(
    sheets: Mapping[str, ArrayLike],
    *,
    columns: int = 6,
    symmetric: Collection[str] = (),
) -> Figure:
    """Draw sheets of images beside each other, each below its title.

    Parameters
    ----------
    sheets : mapping of title to array-like of shape (n, H, W) or (n, H, W, 3)
        uint8 in 0..255 or float in 0..1. All of the same n, H and W.
    columns : int, default=6
        Images in a row of a sheet.
    symmetric : collection of titles, default=()
        The sheets of signed images of shape (n, H, W): zero is mid-grey, and each image
        has its own scale.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no sheet, an image cannot be shown, the shapes differ, columns is
        less than 1 or ``symmetric`` names no sheet.
    ImportError
        If matplotlib is not installed.
    """
    if not sheets:
        raise ValueError("sheets must not be empty")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    for title in symmetric:
        if title not in sheets:
            raise ValueError(f"symmetric must name sheets {[*sheets]}, got {title!r}")
    shown = {
        title: signed(images) if title in symmetric else displayable(images)
        for title, images in sheets.items()
    }
    shapes = {title: images.shape[:3] for title, images in shown.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"sheets must have one shape (n, H, W), got {shapes}")
    n, height, width = next(iter(shapes.values()))
    columns = min(columns, n)
    gap = _GAP * width
    sheet_width = columns * (width + gap) - gap
    sheet_height = math.ceil(n / columns) * (height + gap) - gap
    with theme():
        figure, cells = image_grid(
            len(shown),
            len(shown),
            sheet_height / sheet_width,
            head=_HEAD,
            foot=KEY_HEIGHT if symmetric else 0.0,
            gutter=_GUTTER,
        )
        for axes, (title, images) in zip(cells, shown.items(), strict=True):
            _draw_sheet(axes, images, columns, gap, symmetric=title in symmetric)
            axes.set(xlim=(0, sheet_width), ylim=(sheet_height, 0))
            write_above(axes, title, points=5, size=10.5, weight="bold")
        if symmetric:
            draw_sign_key(figure)
    return figure


def _draw_sheet(
    axes: Axes, images: NDArray[Any], columns: int, gap: float, *, symmetric: bool
) -> None:
    """Place the images in units of their pixels, from the upper left corner."""
    height, width = images.shape[1:3]
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        left, top = column * (width + gap), row * (height + gap)
        extent = (left, left + width, top + height, top)
        draw_image(axes, image, symmetric=symmetric, extent=extent)
