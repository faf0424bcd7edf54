"""How the times of methods grow with the size of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from latentia.plots.log_scale import set_log_scale
from latentia.plots.theme import (
    ACCENT,
    CONTRAST,
    INK,
    PAGE_WIDTH,
    legend_label,
    new_figure,
    theme,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curves: TypeAlias = Mapping[str, Mapping[int, float]]
"""By method: seconds by size."""

_COLOURS = (ACCENT, CONTRAST, INK)
_ROW_HEIGHT = 1.75


def scaling_curves(tasks: Mapping[str, Mapping[str, Curves]]) -> Figure:
    """Draw times over sizes with logarithmic axes, a row for each task.

    A task has a panel for each quantity that grows. A straight line of slope 1 means
    that twice the size takes twice the time. The panels of a row have one scale.

    Parameters
    ----------
    tasks : mapping of title to (mapping of quantity to curves)
        Curves are a mapping of method to (mapping of size to seconds). All tasks have
        the same quantities and all panels the same methods, three at most.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is nothing to draw, tasks or panels differ in what they have, or a size
        or a time is not positive.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> tasks = {
    ...     "PCA": {
    ...         "rows": {
    ...             "latentia": {1000: 0.002, 10_000: 0.012, 100_000: 0.11},
    ...             "scikit-learn": {1000: 0.004, 10_000: 0.051, 100_000: 0.62},
    ...         }
    ...     }
    ... }
    >>> figure = plots.scaling_curves(tasks)
    """
    quantities = list(next(iter(tasks.values()), {}))
    methods = list(next(iter(next(iter(tasks.values()), {}).values()), {}))
    if not 1 <= len(methods) <= len(_COLOURS):
        raise ValueError(
            f"tasks must have from 1 to {len(_COLOURS)} methods, got {len(methods)}"
        )
    for title, panels in tasks.items():
        if list(panels) != quantities or any(
            list(curves) != methods for curves in panels.values()
        ):
            raise ValueError(f"{title!r} must have the panels and methods of the first")
        for curves in panels.values():
            for method, times in curves.items():
                if not times or min(*times, *times.values(), 1) <= 0:
                    raise ValueError(
                        f"sizes and times of {method!r} in {title!r} must be positive"
                    )
    with theme():
        figure = new_figure(PAGE_WIDTH, 0.3 + _ROW_HEIGHT * len(tasks))
        figure.set_layout_engine("constrained")
        grid = figure.subplots(len(tasks), len(quantities), squeeze=False, sharey="row")
        for row, (title, panels) in zip(grid, tasks.items(), strict=True):
            for axes, (quantity, curves) in zip(row, panels.items(), strict=True):
                _draw(axes, curves)
                axes.set_xlabel(quantity)
            row[0].set_ylabel("seconds")
            row[0].set_title(title)
        figure.legend(
            *grid[0, 0].get_legend_handles_labels(),
            loc="outside upper right",
            ncols=len(methods),
            frameon=False,
        )
    return figure


def _draw(axes: Axes, curves: Curves) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    for colour, (method, times) in zip(_COLOURS, curves.items(), strict=False):
        sizes = sorted(times)
        values = [times[size] for size in sizes]
        axes.plot(sizes, values, "o-", color=colour, label=legend_label(method))
    axes.set_xscale("log")
    # The sizes themselves, as few of them are powers of ten
    axes.set_xticks(sizes, [_short(size) for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    set_log_scale(axes)
    axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))


def _short(size: int) -> str:
    """Return 20000 as "20k"."""
    return f"{size / 1000:g}k" if size >= 10_000 else f"{size}"
