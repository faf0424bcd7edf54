"""Several grids of images next to each other, such as real and generated ones."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from latentia.plots.grid import grid_axes, write_above
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
"""Height in inches of a grid's title."""

_GUTTER = 0.3
"""Inches between two grids."""

_GAP = 1 / 12
"""Between two images of a grid, as a fraction of an image's width."""


def side_by_side(
    grids: Mapping[str, ArrayLike],
    *,
    columns: int = 6,
    symmetric: Collection[str] = (),
) -> Figure:
    """Draw grids of images next to each other, each below its title.

    Parameters
    ----------
    grids : mapping of title to array-like of shape (n, H, W) or (n, H, W, 3)
        uint8 in 0..255 or float in 0..1. All of the same n, H and W.
    columns : int, default=6
        Images in a row of a grid.
    symmetric : collection of titles, default=()
        The grids of signed images of shape (n, H, W): zero is mid-grey, and the colour
        scale of each image goes from minus to plus its largest absolute value.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no grid, an image cannot be shown, the shapes differ, columns is
        less than 1 or ``symmetric`` names none of the grids.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import PCA, plots
    >>> from latentia.datasets import load_digits
    >>> X = load_digits().images.reshape(1797, -1) / 255
    >>> pca = PCA(8, random_state=0).fit(X)
    >>> again = pca.inverse_transform(pca.transform(X[:18])).clip(0, 1)
    >>> grids = {"digits": X[:18], "8 components": again}
    >>> figure = plots.side_by_side(
    ...     {title: grid.reshape(-1, 8, 8) for title, grid in grids.items()}
    ... )
    """
    if not grids:
        raise ValueError("grids must not be empty")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    for title in symmetric:
        if title not in grids:
            raise ValueError(f"symmetric must name grids {[*grids]}, got {title!r}")
    shown = {
        title: signed(images) if title in symmetric else displayable(images)
        for title, images in grids.items()
    }
    shapes = {title: images.shape[:3] for title, images in shown.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"grids must have one shape (n, H, W), got {shapes}")
    n, height, width = next(iter(shapes.values()))
    columns = min(columns, n)
    gap = _GAP * width
    grid_width = columns * (width + gap) - gap
    grid_height = math.ceil(n / columns) * (height + gap) - gap
    with theme():
        figure, cells = grid_axes(
            len(shown),
            len(shown),
            grid_height / grid_width,
            head=_HEAD,
            foot=KEY_HEIGHT if symmetric else 0.0,
            gutter=_GUTTER,
        )
        for axes, (title, images) in zip(cells, shown.items(), strict=True):
            _draw_grid(axes, images, columns, gap, symmetric=title in symmetric)
            axes.set(xlim=(0, grid_width), ylim=(grid_height, 0))
            write_above(axes, title, points=5, size=10.5, weight="bold")
        if symmetric:
            draw_sign_key(figure)
    return figure


def _draw_grid(
    axes: Axes, images: NDArray[Any], columns: int, gap: float, *, symmetric: bool
) -> None:
    """Place the images in units of their pixels, from the upper left corner."""
    height, width = images.shape[1:3]
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        left, top = column * (width + gap), row * (height + gap)
        extent = (left, left + width, top + height, top)
        draw_image(axes, image, symmetric=symmetric, extent=extent)
