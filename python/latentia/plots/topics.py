"""Top words of topics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from latentia.plots.theme import ACCENT, INK, PAGE_WIDTH, new_figure, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINE = 0.2
"""Height in inches of a word."""


def topic_bars(
    topics: Mapping[str, Mapping[str, float]], *, columns: int = 4
) -> Figure:
    """Draw the top words of each topic as bars, whose lengths are the weights.

    Each topic has its own scale: its largest weight has the full width.

    Parameters
    ----------
    topics : mapping of title to (mapping of word to weight)
        Shown in this order; weights are finite and positive.
    columns : int, default=4
        Topics in a row.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no topic, one has no words, a weight is not positive and finite, or
        columns is less than 1.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> figure = plots.topic_bars(
    ...     {
    ...         "Topic 1": {"matrix": 3.1, "vector": 2.0, "norm": 1.2},
    ...         "Topic 2": {"sample": 2.2, "mean": 1.9, "variance": 1.1},
    ...     },
    ...     columns=2,
    ... )
    """
    if not topics:
        raise ValueError("topics must not be empty")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    for title, words in topics.items():
        if not words:
            raise ValueError(f"topic {title!r} must have words")
        if not all(0 < weight < math.inf for weight in words.values()):
            raise ValueError(f"weights of topic {title!r} must be positive and finite")
    columns = min(columns, len(topics))
    rows = math.ceil(len(topics) / columns)
    most = max(len(words) for words in topics.values())
    with theme():
        figure = new_figure(PAGE_WIDTH, rows * (0.45 + _LINE * most))
        figure.set_layout_engine("constrained")
        panels = figure.subplots(rows, columns, squeeze=False).flat
        for axes, (title, words) in zip(panels, topics.items(), strict=False):
            _draw_topic(axes, words, most)
            axes.set_title(title, parse_math=False)
        for axes in panels[len(topics) :]:
            axes.set_axis_off()
    return figure


def _draw_topic(axes: Axes, words: Mapping[str, float], most: int) -> None:
    longest = max(words.values())
    shares = [weight / longest for weight in words.values()]
    axes.barh(range(len(words)), shares, height=0.86, color=ACCENT, alpha=0.22)
    for row, word in enumerate(words):
        axes.annotate(
            word,
            (0, row),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            size=9,
            color=INK,
            parse_math=False,  # a word with $ is no formula
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(most - 0.5, -0.5)
    axes.set_axis_off()
