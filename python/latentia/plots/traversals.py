"""Latent traversals: images along directions of a latent space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from latentia.plots.grid import grid_axes, write_above
from latentia.plots.images import displayable, draw_image
from latentia.plots.theme import MUTED, theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEAD = 0.24
"""Inches for the title of a row."""

_FOOT = 0.24
"""Inches for the scale below the last row."""


def traversal_grid(
    traversals: ArrayLike,
    *,
    titles: Sequence[str] | None = None,
    span: float | None = None,
) -> Figure:
    """Draw latent traversals, each as a row of images.

    Parameters
    ----------
    traversals : array-like of shape (k, steps, H, W) or (k, steps, H, W, 3)
        uint8 in 0..255 or float in 0..1.
    titles : sequence of k strings, optional
        One above each row.
    span : float, optional
        Distance from the middle image to either end, in standard deviations σ of the
        codes; written as a scale below the last row.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the shape or the number of titles does not fit, or an image cannot be shown.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import PCA, plots
    >>> from latentia.datasets import load_digits
    >>> X = load_digits().images.reshape(1797, -1)
    >>> pca = PCA(3, random_state=0).fit(X)
    >>> sigma = np.sqrt(pca.explained_variance_)
    >>> steps = np.linspace(-3, 3, 9)[:, None]
    >>> codes = np.array([steps * direction for direction in np.diag(sigma)])
    >>> images = pca.inverse_transform(codes.reshape(-1, 3)).clip(0, 255) / 255
    >>> figure = plots.traversal_grid(images.reshape(3, 9, 8, 8), span=3)
    """
    array = np.asarray(traversals)
    if array.ndim not in (4, 5) or array.size == 0:
        raise ValueError(
            "traversals must have shape (k, steps, H, W) or (k, steps, H, W, 3), got "
            f"{array.shape}"
        )
    k, steps, height, width = array.shape[:4]
    if titles is not None and len(titles) != k:
        raise ValueError(f"titles must have {k} entries, got {len(titles)}")
    images = displayable(array.reshape(k * steps, *array.shape[2:]))
    with theme():
        figure, cells = grid_axes(
            k * steps,
            steps,
            height / width,
            head=_HEAD if titles is not None else 0.0,
            foot=_FOOT if span is not None else 0.0,
        )
        for axes, image in zip(cells, images, strict=True):
            draw_image(axes, image)
        for axes, title in zip(
            cells[::steps], () if titles is None else titles, strict=False
        ):
            write_above(axes, title, points=4, size=9, weight="bold")
        if span is not None:
            for axes, place in zip(
                cells[-steps:], np.linspace(-span, span, steps), strict=True
            ):
                axes.annotate(
                    _sigmas(place),
                    (0.5, 0),
                    xycoords="axes fraction",
                    xytext=(0, -5),
                    textcoords="offset points",
                    ha="center",
                    va="top",
                    size=8,
                    color=MUTED,
                )
    return figure


def _sigmas(place: float) -> str:
    """Return "−1.5 σ", "0", "+3 σ"."""
    if abs(place) < 1e-9:
        return "0"
    return f"{'+' if place > 0 else '−'}{abs(place):.3g} σ"
