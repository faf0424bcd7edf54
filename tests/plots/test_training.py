import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from latentia.plots import loss_curves, png

Words = Callable[[Figure], set[str]]


def history(n: int) -> list[dict[str, Any]]:
    """Losses in every row, a score in every fifth, as a run has them."""
    rows = [
        {"step": i, "images": 64 * i, "seconds": i / 3, "D": 1 / i, "G": -float(i)}
        for i in range(1, n + 1)
    ]
    for i, row in enumerate(rows[::5]):
        row["score"] = (i - 1.5) ** 2
    return rows


@pytest.mark.parametrize("n", [1, 2, 7, 41, 300])
def test_draws_every_number_but_the_clocks(n: int) -> None:
    figure = loss_curves(history(n))
    panels: Any = figure.axes
    assert [axes.get_title(loc="left") for axes in panels] == ["D", "G", "score"]
    for axes, step in zip(panels, (1, 1, 5), strict=True):
        images = 64 * np.arange(1, n + 1, step)
        np.testing.assert_array_equal(axes.lines[0].get_xdata(), images)
    np.testing.assert_array_equal(
        panels[1].lines[0].get_ydata(), -np.arange(1.0, n + 1)
    )
    assert png(figure)


def test_last_losses_and_the_best_score_are_written(words: Words) -> None:
    written = words(loss_curves(history(20)))
    assert {"0.05", "−20", "best 0.25", "images seen"} <= written


def test_names_do_not_run_into_values() -> None:
    rows = [
        {"images": i, "loss_discriminator": 0.362, "loss": 1.0, "score": -123.4 + i}
        for i in (1, 2)
    ]
    figure = loss_curves(rows)
    figure.draw_without_rendering()
    for axes in figure.axes:
        texts = [text for text in axes.get_children() if isinstance(text, Text)]
        left, right = sorted(
            (text.get_window_extent() for text in texts if text.get_text()),
            key=lambda box: box.x0,
        )
        assert left.x1 < right.x0


def test_only_what_is_asked_for() -> None:
    figure = loss_curves(history(9), names=["score"])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["score"]


def test_more_than_a_row_of_panels() -> None:
    rows = [{"images": i, **{f"loss_{k}": k * i for k in range(4)}} for i in (1, 2)]
    figure = loss_curves(rows)
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.axison]
    assert titles == ["loss 0", "loss 1", "loss 2", "loss 3"]


def test_what_is_not_finite_leaves_a_gap(words: Words) -> None:
    losses = [3.0, math.nan, 2.0, math.inf, None, math.nan]
    rows = [{"images": i, "loss": loss, "lost": True} for i, loss in enumerate(losses)]
    figure = loss_curves(rows)
    drawn: Any = figure.axes[0].lines[0]
    np.testing.assert_array_equal(drawn.get_xdata(), [0, 1, 2, 3, 5])
    np.testing.assert_array_equal(drawn.get_ydata(), [3, np.nan, 2, np.nan, np.nan])
    assert "2" in words(figure)
    assert png(figure)


@pytest.mark.parametrize(
    ("rows", "names", "message"),
    [
        ([], None, "history must have rows with numbers"),
        ([{"images": 1, "step": 3}], None, "history must have rows with numbers"),
        ([{"loss": 1.0}], None, "rows with a finite 'loss'"),
        ([{"images": 1, "loss": math.nan}], None, "rows with a finite 'loss'"),
        ([{"images": 1, "loss": 1.0}], ["D"], "rows with a finite 'D'"),
    ],
)
def test_bad_history(rows: Any, names: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loss_curves(rows, names=names)
