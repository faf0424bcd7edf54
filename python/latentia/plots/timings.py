"""Run times of methods, and their speed-up over a reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from latentia._number_format import seconds, times
from latentia.plots.theme import ACCENT, INK, NEUTRAL, PAGE_WIDTH, new_figure, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def timing_bars(
    tasks: Mapping[str, Mapping[str, Sequence[float]]], *, reference: str
) -> Figure:
    """Draw the median time of each method as a bar, one panel per task.

    Each run is a tick on its bar, which shows the spread. The first method has the
    accent colour. Its label is the median and the speed-up over ``reference``:
    above 1 × the method is faster.

    Parameters
    ----------
    tasks : mapping of title to (mapping of method to times in seconds)
        The times of all runs of each method.
    reference : str
        The method that the speed-up is relative to; every task must have it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no task, a method has no times or one that is not positive, or the
        reference is missing.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> tasks = {
    ...     "SVD": {"latentia": [0.15, 0.16, 0.15], "scikit-learn": [1.4, 1.5, 1.5]},
    ...     "NMF": {"latentia": [0.86, 0.85, 0.88], "scikit-learn": [4.1, 4.2, 4.1]},
    ... }
    >>> figure = plots.timing_bars(tasks, reference="scikit-learn")
    """
    if not tasks:
        raise ValueError("tasks must not be empty")
    for task, methods in tasks.items():
        if reference not in methods:
            raise ValueError(
                f"reference {reference!r} is not among the methods of {task!r}: "
                f"{', '.join(map(repr, methods))}"
            )
        for method, runs in methods.items():
            if not len(runs) or min(runs) <= 0:
                raise ValueError(f"times of {method!r} in {task!r} must be positive")

    heights = [0.62 + 0.34 * len(methods) for methods in tasks.values()]
    with theme():
        figure = new_figure(PAGE_WIDTH, sum(heights))
        figure.set_layout_engine("constrained")
        panels = figure.subplots(len(tasks), squeeze=False, height_ratios=heights)
        for axes, (task, methods) in zip(panels[:, 0], tasks.items(), strict=True):
            _draw_task(axes, methods, reference)
            axes.set_title(task)
    return figure


def _draw_task(
    axes: Axes, methods: Mapping[str, Sequence[float]], reference: str
) -> None:
    medians = {method: median(runs) for method, runs in methods.items()}
    slowest = max(max(runs) for runs in methods.values())
    for row, (method, runs) in enumerate(methods.items()):
        ours = row == 0
        middle = medians[method]
        axes.barh(row, middle, height=0.62, color=ACCENT if ours else NEUTRAL)
        axes.plot(
            runs,
            [row] * len(runs),
            "|",
            color=INK,
            markersize=7,
            markeredgewidth=0.8,
            alpha=0.7,
        )
        axes.annotate(
            f"{seconds(middle)}   {times(medians[reference] / middle)}",
            (max(runs), row),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            weight="bold" if ours else "normal",
        )
    axes.set_yticks(range(len(methods)), labels=list(methods))
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9.5)
    axes.set_xlim(0, 1.32 * slowest)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
