"""Images as sums of the parts of a non-negative matrix factorisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.plots.grid import grid_axes, write_above
from latentia.plots.images import displayable, draw_image
from latentia.plots.theme import MUTED, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEAD = 0.2
"""Height in inches of the numbers above a row."""

_GUTTER = 0.22
"""Inches between two images, where the signs stand."""


def sum_of_parts(
    images: ArrayLike, parts: ArrayLike, weights: ArrayLike, *, n_terms: int = 5
) -> Figure:
    """Draw images as weighted sums of NMF components.

    Each row shows: image ≈ reconstruction = 0.8 · part + 0.5 · part + …. The
    reconstruction uses all parts, also those that are not shown.

    Parameters
    ----------
    images : array-like of shape (n, H, W)
        uint8 in 0..255 or float in 0..1. One row each.
    parts : array-like of shape (k, H, W)
        Float in 0..1.
    weights : array-like of shape (n, k)
        Rows of W, the coefficients of the parts: finite, not negative.
    n_terms : int, default=5
        Number of parts shown for each image, those with the largest sum of pixels times
        weight first. Parts of weight zero are not shown.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If an image cannot be shown, the shapes do not fit, a weight is negative or not
        finite, or n_terms is less than 1.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import NMF, plots
    >>> from latentia.datasets import load_digits
    >>> images = load_digits().images / 255
    >>> nmf = NMF(12, max_iter=500, tol=1e-2, random_state=0)
    >>> W = nmf.fit_transform(images.reshape(1797, -1))
    >>> parts = nmf.components_.reshape(-1, 8, 8)
    >>> peak = parts.max(axis=(1, 2))
    >>> parts = parts / peak[:, None, None]
    >>> figure = plots.sum_of_parts(images[:3], parts, W[:3] * peak)
    """
    originals, shown = _grey("images", images), _grey("parts", parts)
    share = _checked_weights(weights, len(originals), len(shown))
    if originals.shape[1:] != shown.shape[1:]:
        raise ValueError(
            f"images {originals.shape} and parts {shown.shape} must have one size"
        )
    if n_terms < 1:
        raise ValueError(f"n_terms must be at least 1, got {n_terms}")
    n_terms = min(n_terms, len(shown))
    rebuilt = np.tensordot(share, shown, axes=1).clip(0, 1)
    brightness = share * shown.sum(axis=(1, 2))
    strongest = np.argsort(-brightness, axis=1, kind="stable")[:, :n_terms]
    columns = n_terms + 2
    _, height, width = shown.shape
    with theme():
        figure, cells = grid_axes(
            columns * len(originals),
            columns,
            height / width,
            head=_HEAD,
            gutter=_GUTTER,
            margin=_GUTTER,
        )
        for row, terms in enumerate(strongest):
            first, second, *others = cells[row * columns : (row + 1) * columns]
            draw_image(first, originals[row])
            draw_image(second, rebuilt[row])
            _write_sign(second, "≈")
            for place, (axes, term) in enumerate(zip(others, terms, strict=True)):
                if share[row, term] > 0:
                    draw_image(axes, shown[term])
                    write_above(axes, f"{share[row, term]:.2f} ×", points=3, x=0.5)
                    _write_sign(axes, "+" if place else "=")
            if np.count_nonzero(share[row]) > n_terms:
                _write_sign(others[-1], "…", after=True)
    return figure


def _write_sign(axes: Axes, sign: str, *, after: bool = False) -> None:
    """Write ``sign`` into the gutter before an image, or behind the last one."""
    axes.annotate(
        sign,
        (1 if after else 0, 0.5),
        xycoords="axes fraction",
        xytext=(36 * _GUTTER * (1 if after else -1), 0),  # half of it, in points
        textcoords="offset points",
        ha="center",
        va="center",
        size=12,
        color=MUTED,
        annotation_clip=False,
    )


def _grey(name: str, images: ArrayLike) -> NDArray[np.floating]:
    """Return images of shape (n, H, W) as floats in 0..1."""
    array = displayable(images)
    if array.ndim != 3:
        raise ValueError(f"{name} must have shape (n, H, W), got {array.shape}")
    grey: NDArray[np.floating] = array / 255 if array.dtype == np.uint8 else array
    return grey


def _checked_weights(weights: ArrayLike, n: int, k: int) -> NDArray[np.float64]:
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (n, k):
        raise ValueError(f"weights must have shape {(n, k)}, got {array.shape}")
    if not np.all(np.isfinite(array)) or np.any(array < 0):
        raise ValueError("weights must be finite and not negative")
    return array
