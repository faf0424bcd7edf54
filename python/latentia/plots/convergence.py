"""Convergence of iterative fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.plots.theme import ACCENT, PAGE_WIDTH, new_figure, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW = 80
"""Up to this number of iterations, each is marked by a point."""


def convergence(runs: Mapping[str, ArrayLike], *, quantity: str) -> Figure:
    """Draw a quantity over the iterations of one or more fits, side by side.

    A fit has converged where its curve is flat. Each panel has its own scale; the last
    value is written at the end of its curve.

    Parameters
    ----------
    runs : mapping of title to array-like of shape (n_iterations,)
        The quantity after each iteration.
    quantity : str
        Label of the vertical axis, such as "log-likelihood per image".

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no run, or one is empty or has a value that is not finite.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import GaussianMixture, plots
    >>> from latentia.datasets import load_digits
    >>> X = load_digits().images.reshape(1797, -1)[:, 18:46]
    >>> runs = {}
    >>> for kind in ("diag", "spherical"):
    ...     mixture = GaussianMixture(5, covariance_type=kind, random_state=0).fit(X)
    ...     runs[kind] = mixture.lower_bounds_
    >>> figure = plots.convergence(runs, quantity="log-likelihood per image")
    """
    if not runs:
        raise ValueError("runs must not be empty")
    curves = {title: _curve(title, values) for title, values in runs.items()}
    with theme():
        figure = new_figure(PAGE_WIDTH, 2.7)
        figure.set_layout_engine("constrained")
        panels = figure.subplots(1, len(curves), squeeze=False)[0]
        for axes, (title, values) in zip(panels, curves.items(), strict=True):
            _draw_curve(axes, values)
            axes.set_title(title)
            axes.set_xlabel("iteration")
        panels[0].set_ylabel(quantity)
    return figure


def _draw_curve(axes: Axes, values: NDArray[np.float64]) -> None:
    from matplotlib.ticker import MaxNLocator

    iteration = np.arange(1, len(values) + 1)
    axes.plot(
        iteration,
        values,
        "o-" if len(values) <= _FEW else "-",
        color=ACCENT,
        markersize=2.8,
    )
    axes.plot(iteration[-1], values[-1], "o", color=ACCENT, markersize=6)
    axes.annotate(
        f"{values[-1]:.4g}".replace("-", "−"),
        (iteration[-1], values[-1]),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        weight="bold",
        annotation_clip=False,
    )
    axes.margins(x=0.04, y=0.08)
    axes.xaxis.set_major_locator(
        MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    )


def _curve(title: str, data: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(data, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(
            f"run {title!r} must have shape (n_iterations,) with at least one, "
            f"got {values.shape}"
        )
    if not np.all(np.isfinite(values)):
        raise ValueError(f"run {title!r} must be finite")
    return values
