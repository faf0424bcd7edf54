from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from latentia import RankValidation
from latentia.plots import rank_curve

Words = Callable[[Figure], set[str]]


def validation(*errors: tuple[float, ...]) -> RankValidation:
    ranks = tuple(range(2, 2 + 3 * len(errors), 3))
    return RankValidation(ranks=ranks, errors=np.array(errors))


def test_the_curve_is_the_mean_and_the_best_is_marked(words: Words) -> None:
    figure = rank_curve(validation((0.9, 1.0), (0.5, 0.6), (0.7, 0.7)))
    figure.canvas.draw()
    axes: Any = figure.axes[0]
    curve, best = (line for line in axes.lines if line.get_marker() == "o")
    np.testing.assert_allclose(curve.get_xydata(), [[2, 0.95], [5, 0.55], [8, 0.7]])
    np.testing.assert_allclose(best.get_xydata(), [[5, 0.55]])
    assert {"rank 5: 0.550", "2", "5", "8", "rank"} <= words(figure)


def test_bars_are_standard_deviations() -> None:
    figure = rank_curve(validation((1.0, 3.0), (1.0, 1.0)))
    axes: Any = figure.axes[0]
    (bars,) = axes.collections
    heights = [segment[:, 1].tolist() for segment in bars.get_segments()]
    assert heights == [[1.0, 3.0], [1.0, 1.0]]


def test_levels_are_lines_with_their_names(words: Words) -> None:
    figure = rank_curve(validation((0.9,), (0.8,)), levels={"a": 1.5, "b": 0.25})
    assert {"a: 1.500", "b: 0.250"} <= words(figure)
    low, high = figure.axes[0].get_ylim()
    assert low < 0.25
    assert high > 1.5


@pytest.mark.parametrize("n", [1, 2, 40])
@pytest.mark.parametrize("best", [0, -1])
def test_the_best_can_be_read_wherever_it_is(n: int, best: int) -> None:
    errors = np.ones((n, 3))
    errors[best] = 0.5
    figure = rank_curve(validation(*errors))
    figure.canvas.draw()
    box = figure.axes[0].texts[0].get_window_extent()
    assert box.x0 >= figure.axes[0].bbox.x0
    assert box.x1 <= figure.bbox.x1
    assert box.y0 >= figure.axes[0].bbox.y0


def test_bad_errors() -> None:
    with pytest.raises(ValueError, match="errors and levels must be finite"):
        rank_curve(validation((np.nan,)))
    with pytest.raises(ValueError, match="errors and levels must be finite"):
        rank_curve(validation((1.0,)), levels={"a": np.inf})
