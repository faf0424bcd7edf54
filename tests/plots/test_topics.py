from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.figure import Figure

from latentia.plots import topic_bars

Words = Callable[[Figure], set[str]]


def test_every_word_has_a_bar_of_its_weight(words: Words) -> None:
    figure = topic_bars({"1": {"fft": 8.0, "axes": 2.0}, "2": {"root": 0.5}})
    lengths: Any = [[bar.get_width() for bar in axes.patches] for axes in figure.axes]
    assert lengths == [[1.0, 0.25], [1.0]]
    assert words(figure) >= {"1", "2", "fft", "axes", "root"}


@pytest.mark.parametrize("n", [1, 5, 12])
def test_all_topics_are_on_the_page_and_apart(n: int) -> None:
    topics = {
        f"{i} · 10.0 %": {f"regularisation{j}": 1.0 / j for j in range(1, 9)}
        for i in range(n)
    }
    figure = topic_bars(topics)
    figure.canvas.draw()
    panels = [axes for axes in figure.axes if axes.texts]
    assert len(panels) == n
    boxes = [text.get_window_extent() for axes in panels for text in axes.texts]
    for i, box in enumerate(boxes):
        assert box.x1 <= figure.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


@pytest.mark.parametrize(
    ("topics", "columns", "message"),
    [
        ({}, 4, "topics must not be empty"),
        ({"a": {}}, 4, "topic 'a' must have words"),
        ({"a": {"x": 0.0}}, 4, "weights of topic 'a' must be positive"),
        ({"a": {"x": float("nan")}}, 4, "weights of topic 'a' must be positive"),
        ({"a": {"x": 1.0}}, 0, "columns must be at least 1, got 0"),
    ],
)
def test_bad_topics(
    topics: dict[str, dict[str, float]], columns: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        topic_bars(topics, columns=columns)
