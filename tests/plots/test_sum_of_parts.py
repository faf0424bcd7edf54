from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from latentia.plots import sum_of_parts

Words = Callable[[Figure], set[str]]

PARTS = np.zeros((3, 2, 4))
PARTS[0, 0], PARTS[1, 1], PARTS[2, 0, 0] = 1.0, 0.5, 1.0
"""A bright row, a dim row and a bright corner: light 4, 2 and 1."""


def drawn(figure: Figure) -> list[NDArray[Any]]:
    return [np.asarray(i.get_array()) for axes in figure.axes for i in axes.images]


def test_an_image_is_its_parts_by_their_light(words: Words) -> None:
    image = np.full((1, 2, 4), 0.25)
    figure = sum_of_parts(image, PARTS, [[0.25, 0.6, 0.7]], n_terms=2)
    original, rebuilt, *terms = drawn(figure)
    np.testing.assert_array_equal(original, image[0])
    np.testing.assert_allclose(rebuilt, [[0.95, 0.25, 0.25, 0.25], [0.3] * 4])
    # Light 0.25 · 4, 0.6 · 2 and 0.7 · 1: the second, then the first.
    np.testing.assert_array_equal(terms, PARTS[[1, 0]])
    assert words(figure) == {"≈", "=", "+", "0.60 ×", "0.25 ×", "…"}


def test_nothing_stands_for_more_where_there_is_no_more(words: Words) -> None:
    figure = sum_of_parts(np.zeros((1, 2, 4)), PARTS, [[0.0, 0.5, 0.5]], n_terms=2)
    assert "…" not in words(figure)
    assert len(drawn(figure)) == 4


def test_parts_of_weight_zero_are_left_out(words: Words) -> None:
    figure = sum_of_parts(np.zeros((2, 2, 4)), PARTS, [[0, 0, 0], [0, 0, 1.0]])
    assert len(drawn(figure)) == 5
    assert words(figure) == {"≈", "=", "1.00 ×"}


@pytest.mark.parametrize(("n", "k", "n_terms"), [(1, 1, 1), (3, 7, 5), (4, 2, 9)])
@pytest.mark.parametrize("shape", [(8, 8), (3, 11)])
def test_nothing_overlaps_or_leaves_the_page(
    n: int, k: int, n_terms: int, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
    figure = sum_of_parts(
        images, rng.random((k, *shape)), rng.random((n, k)), n_terms=n_terms
    )
    figure.canvas.draw()
    axes: Any
    boxes = []
    for axes in figure.axes:
        boxes += [image.get_window_extent() for image in axes.images]
        boxes += [text.get_window_extent() for text in axes.texts]
    for i, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": np.zeros((1, 2, 3))}, r"images \(1, 2, 3\) and parts \(3, 2, 4\)"),
        ({"images": np.zeros((2, 4))}, "images must have shape"),
        ({"images": np.zeros((1, 2, 4, 3))}, r"images must have shape \(n, H, W\)"),
        ({"parts": 2 * PARTS}, r"0\.\.1, got 0\.\.2"),
        ({"weights": [[1.0, 2.0]]}, r"weights must have shape \(1, 3\), got \(1, 2\)"),
        ({"weights": [[1.0, 2.0, -1.0]]}, "weights must be finite and not negative"),
        ({"weights": [[1.0, np.nan, 1.0]]}, "weights must be finite and not negative"),
        ({"n_terms": 0}, "n_terms must be at least 1, got 0"),
    ],
)
def test_bad_sums(arguments: dict[str, Any], message: str) -> None:
    good = {"images": np.zeros((1, 2, 4)), "parts": PARTS, "weights": [[1.0, 1.0, 1.0]]}
    with pytest.raises(ValueError, match=message):
        sum_of_parts(**{**good, **arguments})
