"""A grid of images: samples, reconstructions, or components drawn as images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.plots.grid import grid_axes, write_above
from latentia.plots.theme import signed_colours, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINE = 0.22
"""Height in inches of a line of titles."""

KEY_HEIGHT = 0.5
"""Height in inches that :func:`draw_sign_key` needs below the images."""


def image_grid(
    images: ArrayLike,
    *,
    titles: Sequence[str] | None = None,
    row_titles: Sequence[str] | None = None,
    columns: int | None = None,
    symmetric: bool = False,
) -> Figure:
    """Draw images in a grid, row by row.

    Parameters
    ----------
    images : array-like of shape (n, H, W) or (n, H, W, 3)
        uint8 in 0..255 or float in 0..1. With ``symmetric``, real numbers of any sign.
    titles : sequence of n strings, optional
        One above each image.
    row_titles : sequence of strings, optional
        One above each row, at its left end.
    columns : int, optional
        Images in a row; by default as many as make the grid about twice as wide as
        high.
    symmetric : bool, default=False
        Draw signed images of shape (n, H, W), such as components: zero is mid-grey, and
        each image has its own scale, from minus to plus its largest absolute value.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a shape, a value range or the number of titles or columns does not fit.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import PCA, plots
    >>> from latentia.datasets import load_digits
    >>> X = load_digits().images.reshape(1797, -1)
    >>> components = PCA(12, random_state=0).fit(X).components_.reshape(-1, 8, 8)
    >>> figure = plots.image_grid(components, symmetric=True)
    """
    shown = signed(images) if symmetric else displayable(images)
    n, height, width = shown.shape[:3]
    if columns is None:
        columns = min(n, max(1, round(math.sqrt(2 * n * height / width))))
    elif columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    _check_titles("titles", titles, n)
    _check_titles("row_titles", row_titles, math.ceil(n / columns))

    head = _LINE * ((titles is not None) + (row_titles is not None))
    with theme():
        figure, cells = grid_axes(
            n,
            columns,
            height / width,
            head=head,
            foot=KEY_HEIGHT if symmetric else 0.0,
        )
        for axes, image in zip(cells, shown, strict=True):
            draw_image(axes, image, symmetric=symmetric)
        for axes, title in zip(cells, () if titles is None else titles, strict=False):
            write_above(axes, title, points=4, x=0.5, size=9)
        row_title_height = 4 if titles is None else 4 + 72 * _LINE
        beside = () if row_titles is None else row_titles
        for axes, title in zip(cells[::columns], beside, strict=False):
            write_above(axes, title, points=row_title_height, weight="bold")
        if symmetric:
            draw_sign_key(figure)
    return figure


def displayable(images: ArrayLike) -> NDArray[Any]:
    """Return images as an array, after checking that they can be shown as they are.

    Raises
    ------
    ValueError
        Unless of shape (n, H, W) or (n, H, W, 3), n, H, W >= 1, and either uint8 or
        floats in 0..1.
    """
    array = np.asarray(images)
    if array.ndim not in (3, 4) or array.size == 0 or array.shape[3:] not in ((), (3,)):
        raise ValueError(
            f"images must have shape (n, H, W) or (n, H, W, 3), got {array.shape}"
        )
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"images must be uint8 or float, got {array.dtype}")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):  # false for NaN
        raise ValueError(f"float images must lie in 0..1, got {low:.3g}..{high:.3g}")
    return array


def draw_image(
    axes: Axes,
    image: NDArray[Any],
    *,
    symmetric: bool = False,
    extent: tuple[float, float, float, float] | None = None,
) -> None:
    """Draw one image that :func:`displayable` or :func:`signed` returned.

    It fills the axes, or (left, right, bottom, top) of them if ``extent`` is given.
    """
    if symmetric:
        limit = float(np.abs(image).max()) or 1.0
        axes.imshow(
            image, cmap=signed_colours(), vmin=-limit, vmax=limit, extent=extent
        )
    elif image.ndim == 2:
        white = 255 if image.dtype == np.uint8 else 1
        axes.imshow(image, cmap="gray", vmin=0, vmax=white, extent=extent)
    else:
        axes.imshow(image, extent=extent)


def signed(images: ArrayLike) -> NDArray[np.float64]:
    """Return signed images as an array, after checking that they can be shown.

    Raises
    ------
    ValueError
        Unless of shape (n, H, W), n, H, W >= 1, and finite.
    """
    array = np.asarray(images, dtype=np.float64)
    if array.ndim != 3 or array.size == 0:
        raise ValueError(
            f"symmetric images must have shape (n, H, W), got {array.shape}"
        )
    if not np.all(np.isfinite(array)):
        raise ValueError("symmetric images must be finite")
    return array


def _check_titles(name: str, titles: Sequence[str] | None, expected: int) -> None:
    if titles is not None and len(titles) != expected:
        raise ValueError(f"{name} must have {expected} entries, got {len(titles)}")


def draw_sign_key(figure: Figure) -> None:
    """Draw the colour bar of signed images below the grid."""
    _, height = figure.get_size_inches()
    axes = figure.add_axes((0.3, 0.32 / height, 0.4, 0.09 / height))
    axes.imshow(
        np.linspace(-1, 1, 256)[np.newaxis],
        cmap=signed_colours(),
        aspect="auto",
        extent=(-1, 1, 0, 1),
    )
    axes.set_yticks([])
    axes.set_xticks([-1, 0, 1], labels=["negative", "0", "positive"])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
