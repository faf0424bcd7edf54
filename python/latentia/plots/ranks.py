"""Cross-validation error by rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from latentia.plots.theme import (
    ACCENT,
    INK,
    MUTED,
    PAGE_WIDTH,
    new_figure,
    theme,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from latentia.decomposition import RankValidation


def rank_curve(
    result: RankValidation, *, levels: Mapping[str, float] | None = None
) -> Figure:
    """Draw the held-out error over the rank; the best rank is marked.

    A point is the mean over the splits, its error bar one standard deviation. Lower is
    better: a rank that is too small underfits, one that is too large overfits.

    Parameters
    ----------
    result : RankValidation
        From :func:`latentia.cross_validate_rank`.
    levels : mapping of title to error, optional
        Errors to compare with, such as a baseline's, as horizontal lines.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If an error is not finite.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import RankValidation, plots
    >>> errors = np.array([[0.52, 0.55], [0.31, 0.33], [0.28, 0.29], [0.31, 0.34]])
    >>> figure = plots.rank_curve(RankValidation((1, 2, 3, 4), errors))
    """
    levels = levels or {}
    if not np.all(np.isfinite([*np.ravel(result.errors), *levels.values()])):
        raise ValueError("errors and levels must be finite")
    with theme():
        figure = new_figure(PAGE_WIDTH, 3.1)
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        for title, level in levels.items():
            _draw_level(axes, title, level)
        _draw_errors(axes, result)
        axes.set_xlabel("rank")
        axes.set_title(
            "RMSE on held-out entries (mean ± standard deviation over splits)"
        )
    return figure


def _draw_level(axes: Axes, title: str, level: float) -> None:
    axes.axhline(level, color=MUTED, linewidth=1.0, linestyle=(0, (5, 3)))
    axes.annotate(
        f"{title}: {level:.3f}",
        (1, level),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        color=MUTED,
    )


def _draw_errors(axes: Axes, result: RankValidation) -> None:
    from matplotlib.ticker import FixedLocator

    ranks, mean = result.ranks, result.mean
    axes.errorbar(
        ranks,
        mean,
        yerr=result.std,
        fmt="o-",
        color=ACCENT,
        ecolor=INK,
        elinewidth=0.9,
        capsize=2.0,
    )
    best = ranks.index(result.best_rank)
    axes.plot(result.best_rank, mean[best], "o", color=ACCENT, markersize=9, zorder=3)
    axes.annotate(
        f"rank {result.best_rank}: {mean[best]:.3f}",
        (result.best_rank, mean[best]),
        xytext=(0, -17),
        textcoords="offset points",
        ha="center",
        weight="bold",
    )
    axes.margins(x=0.1, y=0.18)
    if len(ranks) <= 20:
        axes.xaxis.set_major_locator(FixedLocator(ranks))
