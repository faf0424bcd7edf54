"""A heat map of proportions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from latentia.plots.theme import (
    ACCENT,
    INK,
    PAGE_WIDTH,
    PAPER,
    new_figure,
    theme,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINE = 0.19
"""Height in inches of a row."""

_DARK = 0.8
"""Above this proportion white text is easier to read."""

_WRITTEN = 0.095
"""Smaller proportions are coloured, without a number."""


def share_heatmap(
    shares: ArrayLike, *, rows: Sequence[str], columns: Sequence[str]
) -> Figure:
    """Draw proportions as a heat map: darker is more, from about 10 % on in percent.

    Parameters
    ----------
    shares : array-like of shape (n_rows, n_columns)
        Proportions in 0..1.
    rows, columns : sequences of str
        Labels of the rows and the columns.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no share, one is not in 0..1, or a title is missing.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> figure = plots.share_heatmap(
    ...     [[0.9, 0.1, 0.0], [0.2, 0.5, 0.3]],
    ...     rows=["cluster 0", "cluster 1"],
    ...     columns=["cats", "dogs", "birds"],
    ... )
    """
    grid = np.asarray(shares, dtype=np.float64)
    if grid.size == 0 or grid.shape != (len(rows), len(columns)):
        raise ValueError(
            f"shares must have one row for each of {len(rows)} titles and one column "
            f"for each of {len(columns)}, got {grid.shape}"
        )
    if not np.all((grid >= 0) & (grid <= 1)):  # false for NaN
        raise ValueError("shares must lie in 0..1")
    with theme():
        from matplotlib.colors import LinearSegmentedColormap

        figure = new_figure(PAGE_WIDTH, 0.5 + _LINE * len(rows))
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        shades = LinearSegmentedColormap.from_list("shares", [PAPER, ACCENT])
        axes.pcolormesh(
            grid, cmap=shades, vmin=0, vmax=1, edgecolors=PAPER, linewidth=1
        )
        for row, column in np.argwhere(grid >= _WRITTEN):
            share = grid[row, column]
            axes.text(
                column + 0.5,
                row + 0.5,
                f"{100 * share:.0f}",
                size=8,
                color=PAPER if share > _DARK else INK,
                ha="center",
                va="center_baseline",
            )
        axes.set_xticks(np.arange(len(columns)) + 0.5, labels=columns, parse_math=False)
        axes.set_yticks(np.arange(len(rows)) + 0.5, labels=rows, parse_math=False)
        axes.tick_params(length=0, labelcolor=INK)
        axes.xaxis.tick_top()
        axes.invert_yaxis()
        axes.grid(False)
        axes.spines[:].set_visible(False)
    return figure
