from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from matplotlib.figure import Figure

from latentia.plots import png, timing_bars

Words = Callable[[Figure], set[str]]


def test_medians_and_ratios_stand_at_the_bars(words: Words) -> None:
    tasks: dict[str, dict[str, Sequence[float]]] = {
        "SVD": {"ours": [0.2, 0.1, 0.3], "theirs": [1.2]},
        "PCA": {"ours": (2.0,), "theirs": (1.0,)},
    }
    figure = timing_bars(tasks, reference="theirs")
    panels: Any = figure.axes
    svd, pca = panels
    assert [bar.get_width() for bar in svd.patches] == [0.2, 1.2]
    assert [bar.get_width() for bar in pca.patches] == [2.0, 1.0]
    assert {"SVD", "PCA", "200 ms   6.0 ×", "1.20 s   1.0 ×", "2.00 s   0.5 ×"} <= (
        words(figure)
    )
    assert png(figure)


def test_nothing_is_cut_off() -> None:
    long = "a method with rather a long name"
    figure = timing_bars({"task": {long: [1e-4] * 5, "b": [1e3]}}, reference="b")
    figure.canvas.draw()
    width, height = figure.bbox.size
    for text in (*figure.axes[0].texts, *figure.axes[0].get_yticklabels()):
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= width
        assert box.y0 >= 0
        assert box.y1 <= height


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ({}, "tasks must not be empty"),
        ({"w": {"a": [1.0]}}, "reference 'b' is not among the methods of 'w': 'a'"),
        ({"w": {"b": []}}, "times of 'b' in 'w' must be positive"),
        ({"w": {"b": [1.0, 0.0]}}, "times of 'b' in 'w' must be positive"),
    ],
)
def test_bad_times(
    tasks: Mapping[str, Mapping[str, Sequence[float]]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        timing_bars(tasks, reference="b")
