from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from latentia.plots import convergence, png

Words = Callable[[Figure], set[str]]


@pytest.mark.parametrize("n", [1, 2, 7, 80, 81, 1000])
def test_draws_every_iteration(n: int) -> None:
    values = -np.geomspace(1e3, 1, n)
    figure = convergence({"fit": values}, quantity="log-likelihood")
    axes: Any = figure.axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), np.arange(1, n + 1))
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), values)
    assert png(figure)


def test_each_fit_has_its_panel_and_its_last_value(words: Words) -> None:
    figure = convergence(
        {"up": [-3.5, 1.25], "down": [5, 4, 0.5]}, quantity="loss per row"
    )
    assert len(figure.axes) == 2
    assert {"up", "down", "1.25", "0.5", "iteration", "loss per row"} <= words(figure)


@pytest.mark.parametrize("values", [[1.0, 2.0, 2.1], [2.1, -2.0, -1e9], [3.0]])
def test_the_last_value_is_not_cut_off_and_hides_nothing(values: list[float]) -> None:
    figure = convergence({"a": values, "b": values}, quantity="value")
    figure.canvas.draw()
    axes: Any
    for axes in figure.axes:
        box = axes.texts[0].get_window_extent()
        assert box.x1 <= figure.bbox.x1
        points = axes.transData.transform(axes.lines[0].get_xydata())
        assert points[:, 0].max() < box.x0
    left, right = (axes.texts[0].get_window_extent() for axes in figure.axes)
    assert not left.overlaps(right)
    assert left.x1 <= figure.axes[1].bbox.x0


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_extreme_scales(scale: float) -> None:
    assert png(convergence({"fit": scale * np.array([1, 2])}, quantity="value"))


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ({}, "runs must not be empty"),
        ({"fit": []}, "'fit' must have shape"),
        ({"fit": [[1.0]]}, r"'fit' must have shape .* got \(1, 1\)"),
        ({"a": [1.0], "b": [1.0, np.nan]}, "'b' must be finite"),
    ],
)
def test_bad_runs(runs: dict[str, ArrayLike], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convergence(runs, quantity="value")
