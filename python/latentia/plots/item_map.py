"""A map of items: their factors in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.plots.theme import (
    ACCENT,
    NEUTRAL,
    PAGE_WIDTH,
    PALETTE,
    PAPER,
    legend_label,
    new_figure,
    theme,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT = 4.6
_LARGEST, _SMALLEST = 110.0, 7.0
"""Areas of points, in square points of print."""

_MOST_LABELS, _LABEL_LENGTH = 30, 30


def item_map(
    factors: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    counts: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> Figure:
    """Draw items as points: near each other if the same users like them.

    The factors are projected onto their two principal components, whose share of the
    variance is written below the map.

    Parameters
    ----------
    factors : array-like of shape (n_items, n_factors)
        Such as ``item_factors_`` of a recommender. Items whose factors are zero, which
        have no events, are left out.
    groups : array-like of shape (n_items,), optional
        What the points are coloured by, such as genres: strings or integers. The eight
        largest groups have a colour each.
    counts : array-like of shape (n_items,), optional
        Such as ``item_counts_``: areas of points grow with them.
    labels : array-like of shape (n_items,), optional
        Names, such as titles. They are written next to the points with the largest
        counts, up to thirty, as far as they do not cover each other.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a shape does not fit, factors are not finite, counts are negative, or no item
        is left.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> from latentia.datasets import make_ratings
    >>> from latentia.recommend import RatingALS
    >>> data = make_ratings(200, 50, 4000, random_state=0)
    >>> als = RatingALS(4, n_iter=5, random_state=0).fit(data.ratings)
    >>> groups = ["liked" if bias > 0 else "not liked" for bias in als.item_biases_]
    >>> figure = plots.item_map(als.item_factors_, groups, counts=als.item_counts_)
    """
    V = np.asarray(factors, dtype=np.float64)
    if V.ndim != 2 or not np.isfinite(V).all():
        raise ValueError(
            f"factors must be finite, of shape (n_items, n_factors), got {V.shape}"
        )
    there = V.any(axis=1)
    if not there.any():
        raise ValueError("factors must have a row that is not zero")
    names = None if groups is None else _one_each(groups, "groups", len(V))[there]
    sizes = np.full(len(V), 1.0)
    if counts is not None:
        sizes = _one_each(counts, "counts", len(V)).astype(np.float64)
        if not (np.isfinite(sizes) & (sizes >= 0)).all():
            raise ValueError("counts must be finite and not negative")
    titles = None if labels is None else _one_each(labels, "labels", len(V))[there]
    points, share = _projected(V[there])
    with theme():
        figure = new_figure(PAGE_WIDTH, _HEIGHT)
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        _draw(axes, points, _areas(sizes[there], len(points)), names)
        if names is not None:
            figure.legend(
                *axes.get_legend_handles_labels(),
                loc="outside right center",
                frameon=False,
                handletextpad=0.3,
                labelspacing=0.8,
            )
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.spines[:].set_visible(False)
        axes.set_xlabel(f"two principal components: {100 * share:.0f}% of the variance")
        axes.margins(0.04)
        if titles is not None:
            _write(axes, points, sizes[there], titles)
    return figure


def _one_each(values: ArrayLike, name: str, n: int) -> NDArray[Any]:
    array = np.asarray(values)
    if array.shape != (n,):
        raise ValueError(f"{name} must have the shape ({n},), got {array.shape}")
    return array


def _projected(V: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the principal components (n × 2), and their share of the variance."""
    centred = V - V.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred)
    first = axes[:, ::-1][:, :2]
    # The sign of an eigenvector is arbitrary: its largest entry is made positive.
    largest = np.abs(first).argmax(axis=0)
    first = first * np.sign(first[largest, np.arange(first.shape[1])])
    points = np.zeros((len(V), 2))
    points[:, : first.shape[1]] = centred @ first
    total = variances.sum()
    return points, float(variances[-2:].sum() / total) if total > 0 else 1.0


def _areas(counts: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return areas of points: smaller where there are many."""
    scale = min(1.0, (400 / n) ** 0.5)
    largest = counts.max()
    shares = counts / largest if largest > 0 else counts
    if not np.ptp(counts):
        shares = np.full(len(counts), 0.25)
    areas: NDArray[np.float64] = scale * (_SMALLEST + (_LARGEST - _SMALLEST) * shares)
    return areas


def _draw(
    axes: Axes,
    points: NDArray[np.float64],
    areas: NDArray[np.float64],
    names: NDArray[Any] | None,
) -> None:
    """Draw the points of all groups together, the large ones first."""
    colour = np.full(len(points), ACCENT, dtype=object)
    if names is not None:
        found, group, n_items = np.unique(
            names.astype(str) if names.dtype == object else names,
            return_inverse=True,
            return_counts=True,
        )
        kept = np.sort(np.argsort(-n_items, kind="stable")[: len(PALETTE)])
        colour[:] = NEUTRAL
        for shade, number in zip(PALETTE, kept, strict=False):
            colour[group == number] = shade
            axes.scatter([], [], 40, c=shade, label=legend_label(str(found[number])))
        if len(kept) < len(found):
            axes.scatter([], [], 40, c=NEUTRAL, label="others")
    order = np.argsort(-areas, kind="stable")
    x, y = points[order].T
    axes.scatter(
        x,
        y,
        areas[order],
        c=colour[order].tolist(),
        edgecolors=PAPER,
        linewidths=0.4,
        alpha=0.85,
    )


def _write(
    axes: Axes,
    points: NDArray[np.float64],
    counts: NDArray[np.float64],
    titles: NDArray[Any],
) -> None:
    """Write titles from the largest count on, where there is room."""
    from matplotlib.patheffects import withStroke

    figure: Any = axes.figure
    figure.draw_without_rendering()  # the layout decides where the points are
    frame, taken = axes.get_window_extent(), list[Any]()
    for number in np.argsort(-counts, kind="stable")[:_MOST_LABELS]:
        title = str(titles[number])
        if len(title) > _LABEL_LENGTH:
            title = f"{title[: _LABEL_LENGTH - 1]}…"
        text = axes.annotate(
            title,
            tuple(points[number]),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=6.5,
            path_effects=[withStroke(linewidth=1.6, foreground=PAPER, alpha=0.8)],
            parse_math=False,  # a title with $ is no formula
        )
        text.set_in_layout(False)  # else the points would move
        box = text.get_window_extent()
        if box.x1 > frame.x1 or any(box.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(box)
