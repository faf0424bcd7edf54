"""Losses and scores during a training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latentia.plots.theme import ACCENT, NEUTRAL, PAGE_WIDTH, new_figure, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3
_ROW_HEIGHT = 2.0
_HEAD = 0.3
_CLOCKS = ("step", "epoch", "images", "seconds", "progress")
"""Entries of a row that say when it was written."""

_FEW = 40
"""Up to this number, each point is marked."""

_TITLE_SIZE, _TITLE_LETTERS = 10.5, 17
"""Of titles in points, and how many letters of that size have room above a panel."""

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


def loss_curves(
    history: Sequence[Mapping[str, Any]], *, names: Sequence[str] | None = None
) -> Figure:
    """Draw the losses and the score of a training over the number of images seen.

    Each has a panel with its own scale. The last value is marked and written above it.
    The panel of the score marks the lowest value instead: that model is kept.

    Parameters
    ----------
    history : sequence of mappings
        The rows of ``history_`` or of a run's ``metrics.jsonl``. The entry "images" of
        a row is the number of images seen; rows may have different entries.
    names : sequence of str, optional
        Entries to draw; by default all that are numbers, "score" last.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If no row has an entry to draw, or an entry of ``names`` is in no row.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> history = [
    ...     {"images": 1000 * i, "loss": 1 / i, "score": 5 + (i - 7) ** 2 / 20}
    ...     for i in range(1, 11)
    ... ]  # the rows of history_ of a fitted model
    >>> figure = plots.loss_curves(history)
    """
    if names is None:
        found = dict.fromkeys(
            name for row in history for name, value in row.items() if _is_number(value)
        )
        names = [name for name in found if name not in (*_CLOCKS, "score")]
        names += ["score"] if "score" in found else []
    curves = {name: _curve(history, name) for name in names}
    if not curves:
        raise ValueError("history must have rows with numbers, such as losses")
    columns = min(_COLUMNS, len(curves))
    rows = math.ceil(len(curves) / columns)
    with theme():
        figure = new_figure(PAGE_WIDTH, _HEAD + rows * _ROW_HEIGHT)
        figure.set_layout_engine("constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (name, curve) in zip(panels, curves.items(), strict=False):
            _draw(axes, curve, mark_best=name == "score")
            _write_title(axes, name.replace("_", " "))
            axes.set_xlabel("images seen")
        for axes in panels[len(curves) :]:
            axes.set_axis_off()
    return figure


def _write_title(axes: Axes, name: str) -> None:
    """Write a name on the left, both titles smaller where they would meet."""
    value = axes.get_title(loc="right")
    size = min(1.0, _TITLE_LETTERS / (len(name) + len(value))) * _TITLE_SIZE
    axes.set_title(name, fontsize=size)
    axes.set_title(value, loc="right", color=ACCENT, fontsize=size)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _curve(history: Sequence[Mapping[str, Any]], name: str) -> Curve:
    """Return the numbers of images and the values there, gaps where not finite."""
    points = [
        (row["images"], row[name])
        for row in history
        if _is_number(row.get(name)) and _is_number(row.get("images"))
    ]
    if not points or not np.isfinite([value for _, value in points]).any():
        raise ValueError(f"history must have rows with a finite {name!r}")
    images, values = np.array(points, dtype=np.float64).T
    return images, np.where(np.isfinite(values), values, np.nan)


def _draw(axes: Axes, curve: Curve, *, mark_best: bool) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    images, values = curve
    style = "o-" if len(values) <= _FEW else "-"
    axes.plot(images, values, style, color=ACCENT, markersize=2.4, linewidth=1.2)
    finite = np.flatnonzero(np.isfinite(values))
    at = int(np.nanargmin(values)) if mark_best else int(finite[-1])
    axes.plot(images[at], values[at], "o", color=ACCENT, markersize=5)
    if mark_best:
        axes.axvline(images[at], color=NEUTRAL, linewidth=0.8, zorder=0)
    value = f"{values[at]:.3g}".replace("-", "−")
    axes.set_title(f"best {value}" if mark_best else value, loc="right", color=ACCENT)
    axes.margins(x=0.04, y=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
