"""The singular value spectrum, with error bounds and explained variance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._number_format import percent
from latentia.plots.log_scale import set_log_scale
from latentia.plots.theme import ACCENT, CONTRAST, INK, PAGE_WIDTH, new_figure, theme
from latentia.rows.given_array import float64_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_ROUNDING = 1e-3
"""Sums of shares in float32 may be so much above 1."""


def spectrum(
    singular_values: Any,
    *,
    errors: ArrayLike | None = None,
    cumulative: ArrayLike | None = None,
) -> Figure:
    """Draw singular values, their error bounds and the cumulative explained variance.

    Each has a panel, one below the other; the singular values have a logarithmic scale.

    Parameters
    ----------
    singular_values : fitted PCA or TruncatedSVD, or array-like of shape (k,)
        An estimator also gives the other two, as far as it knows them. Values are
        positive or zero, in descending order; zeros cannot be shown on the scale.
    errors : array-like of shape (k,), optional
        Bound on the absolute error of each value. Drawn as error bars and, divided by
        the value, in a second panel: 10⁻³ means three correct digits, 1 means none.
    cumulative : array-like of shape (k,), optional
        Ratio of the variance that the first 1..k components explain, in 0..1.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator has no singular values, or an array no real numbers.
    ValueError
        If the values are empty, negative, not finite or all zero, if lengths differ, or
        if a ratio is above 1.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from latentia import PCA, plots
    >>> figure = plots.spectrum(PCA(20).fit(load_digits().data))
    """
    if hasattr(singular_values, "fit"):
        singular_values, known_errors, ratio = _of_estimator(singular_values)
        errors = known_errors if errors is None else errors
        cumulative = ratio if cumulative is None else cumulative
    values = _row("singular_values", singular_values)
    if not np.any(values > 0):
        raise ValueError("singular_values must not be all zero: the axis is log")
    bounds = None if errors is None else _row("errors", errors, len(values))
    shares = None if cumulative is None else _row("cumulative", cumulative, len(values))
    if shares is not None and shares.max() > 1 + _ROUNDING:
        raise ValueError(f"cumulative must be at most 1, got {shares.max():.6g}")

    heights = [2.9]
    if bounds is not None:
        heights.append(1.0)
    if shares is not None:
        heights.append(1.7)
    with theme():
        figure = new_figure(PAGE_WIDTH, sum(heights) + 0.3)
        figure.set_layout_engine("constrained")
        column = figure.subplots(
            len(heights), sharex=True, squeeze=False, height_ratios=heights
        )
        panels = iter(column[:, 0])
        _draw_values(next(panels), values, bounds)
        if bounds is not None:
            _draw_relative_bounds(next(panels), values, bounds)
        if shares is not None:
            _draw_shares(next(panels), shares)
        column[-1, 0].set_xlabel("component")
        column[-1, 0].set_xlim(0.2, len(values) + 0.8)
        column[-1, 0].xaxis.get_major_locator().set_params(integer=True)
    return figure


def _of_estimator(model: Any) -> tuple[Any, Any, Any]:
    """Return singular values, error bounds and explained shares of a fitted model."""
    check_is_fitted(model)
    if not hasattr(model, "singular_values_"):
        raise TypeError(
            "singular_values must be an array, or an estimator with the attribute "
            f"singular_values_ (PCA, TruncatedSVD), got {type(model).__name__}"
        )
    ratio = getattr(model, "explained_variance_ratio_", None)
    shares = None if ratio is None else np.cumsum(ratio)
    return model.singular_values_, getattr(model, "error_bound_", None), shares


def _draw_values(
    axes: Axes, values: NDArray[np.float64], bounds: NDArray[np.float64] | None
) -> None:
    from matplotlib.ticker import LogLocator

    shown = values > 0
    component = np.arange(1, len(values) + 1)[shown]
    values = values[shown]
    set_log_scale(axes)
    if bounds is not None:
        bounds = bounds[shown]
        # An error bar that reaches zero has no end on a logarithmic axis.
        below = np.minimum(bounds, 0.9 * values)
        axes.errorbar(
            component,
            values,
            yerr=[below, bounds],
            fmt="none",
            ecolor=INK,
            elinewidth=1.0,
            capsize=1.5,
        )
    axes.plot(component, values, "o-", color=ACCENT, markersize=3.6, linewidth=1.0)
    if values.max() < 100 * values.min():
        # Powers of ten alone would leave this axis with one or two numbers.
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
    axes.set_title("Singular values")


def _draw_relative_bounds(
    axes: Axes, values: NDArray[np.float64], bounds: NDArray[np.float64]
) -> None:
    shown = (values > 0) & (bounds > 0)
    component = np.arange(1, len(values) + 1)[shown]
    axes.set_title("Relative error bound (10⁻³: three correct digits)")
    if shown.any():
        relative = bounds[shown] / values[shown]
        set_log_scale(axes)
        # From one power of ten to another, so that both have a number.
        decades = np.log10([relative.min(), relative.max()])
        axes.set_ylim(
            10 ** np.floor(decades[0] - 0.05), 10 ** np.ceil(decades[1] + 0.05)
        )
        axes.yaxis.set_minor_formatter("")
        axes.plot(
            component,
            relative,
            "D",
            color=INK,
            markersize=2.6,
            markerfacecolor="none",
            markeredgewidth=0.9,
        )


def _draw_shares(axes: Axes, shares: NDArray[np.float64]) -> None:
    component = np.arange(1, len(shares) + 1)
    axes.step(component, shares, where="mid", color=CONTRAST)
    axes.fill_between(
        component, shares, step="mid", color=CONTRAST, alpha=0.12, linewidth=0
    )
    axes.annotate(
        percent(shares[-1]),
        (component[-1], shares[-1]),
        xytext=(0, 5),
        textcoords="offset points",
        ha="right",
        weight="bold",
    )
    axes.set_ylim(0, 1.12)
    axes.set_yticks([0, 0.5, 1], labels=["0 %", "50 %", "100 %"])
    axes.set_title("Cumulative explained variance")


def _row(name: str, data: ArrayLike, length: int | None = None) -> NDArray[np.float64]:
    row = float64_array(data, name)
    if row.ndim != 1 or row.size == 0:
        raise ValueError(f"{name} must have shape (k,) with k >= 1, got {row.shape}")
    if length is not None and len(row) != length:
        raise ValueError(
            f"{name} must have one entry per singular value ({length}), got {len(row)}"
        )
    wrong = ~(np.isfinite(row) & (row >= 0))
    if wrong.any():
        raise ValueError(f"{name} must be finite and not negative, got {row[wrong][0]}")
    return row
