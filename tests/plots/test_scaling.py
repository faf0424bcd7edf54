from typing import Any

import pytest

from latentia.plots import png, scaling_curves

TIMES = {"ours": {1000: 0.1, 20_000: 2.0}, "theirs": {1000: 0.5, 20_000: 9.0}}


def test_a_row_for_each_task_and_a_panel_for_each_quantity() -> None:
    one = {1: 0.2}
    panels = {"rows": TIMES, "threads": {"ours": one, "theirs": one}}
    figure = scaling_curves({"SVD": panels, "NMF": panels})
    assert len(figure.axes) == 4
    axes: Any = figure.axes[0]
    assert [line.get_label() for line in axes.lines] == list(TIMES)
    for line, times in zip(axes.lines, TIMES.values(), strict=True):
        assert dict(zip(*line.get_data(), strict=True)) == times
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1000", "20k"]
    assert png(figure)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ({}, "from 1 to 3 methods, got 0"),
        ({"SVD": {"rows": {f"{i}": {1: 1.0} for i in range(4)}}}, "methods, got 4"),
        ({"SVD": {"rows": TIMES}, "NMF": {"k": TIMES}}, "'NMF' must have the panels"),
        ({"SVD": {"rows": TIMES, "k": {"ours": {1: 1.0}}}}, "'SVD' must have the"),
        ({"SVD": {"rows": {"ours": {}}}}, "'ours' in 'SVD' must be positive"),
        ({"SVD": {"rows": {"ours": {1: 0.0}}}}, "'ours' in 'SVD' must be positive"),
    ],
)
def test_what_cannot_be_drawn(tasks: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scaling_curves(tasks)
