"""Layout of a grid of images with text above them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from latentia.plots.theme import PAGE_WIDTH, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GAP = 0.08


def grid_axes(
    n: int,
    columns: int,
    aspect: float,
    *,
    head: float,
    foot: float = 0.0,
    gutter: float = _GAP,
    margin: float = 0.0,
) -> tuple[Figure, list[Axes]]:
    """Return a page-wide figure with ``n`` axes, row after row.

    Call it inside :func:`latentia.plots.theme.theme`.

    Parameters
    ----------
    n, columns : int
        Number of images, in all and in a row.
    aspect : float
        Height of an image divided by its width.
    head : float
        Inches kept free above each image.
    foot : float, default=0.0
        Inches kept free below the last row.
    gutter : float, default=0.08
        Inches between two images of a row.
    margin : float, default=0.0
        Inches kept free to the right of the last column.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : list of n Axes
        Without frame and ticks.
    """
    rows = math.ceil(n / columns)
    width = (PAGE_WIDTH - 2 * _GAP - margin - (columns - 1) * gutter) / columns
    height = width * aspect
    pitch = head + height + _GAP
    page_height = _GAP + rows * pitch + foot
    figure = new_figure(PAGE_WIDTH, page_height)
    axes = []
    for index in range(n):
        row, column = divmod(index, columns)
        left = _GAP + column * (width + gutter)
        bottom = page_height - _GAP - (row + 1) * pitch + _GAP
        cell = figure.add_axes(
            (
                left / PAGE_WIDTH,
                bottom / page_height,
                width / PAGE_WIDTH,
                height / page_height,
            )
        )
        cell.set_axis_off()
        axes.append(cell)
    return figure, axes


def write_above(
    axes: Axes, text: str, *, points: float, x: float = 0.0, **style: Any
) -> None:
    """Write ``text`` above an image, ``points`` above its upper edge.

    ``x`` goes from 0, left-aligned with the image, to 0.5, centred above it.
    """
    axes.annotate(
        text,
        (x, 1),
        xycoords="axes fraction",
        xytext=(0, points),
        textcoords="offset points",
        ha="center" if x else "left",
        parse_math=False,  # a name with $ is no formula
        **style,
    )
