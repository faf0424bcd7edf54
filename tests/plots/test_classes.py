from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from latentia.plots import class_grid

Words = Callable[[Figure], set[str]]


def shown(figure: Figure) -> list[NDArray[Any]]:
    return [np.asarray(i.get_array()) for axes in figure.axes for i in axes.images]


@pytest.mark.parametrize("shape", [(3, 2), (2, 3, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_each_class_has_its_row(
    words: Words, shape: tuple[int, ...], dtype: Any
) -> None:
    labels = np.array(["shoe", "bag", "shoe", "shoe", "bag", "shoe"])
    images = (np.arange(6.0).reshape(6, *[1] * len(shape)) / 10).repeat(shape[0], 1)
    images = np.broadcast_to(images, (6, *shape))
    images = (255 * images).astype(dtype) if dtype == np.uint8 else images
    figure = class_grid(images.astype(dtype), labels, columns=3)
    assert words(figure) == {"bag", "shoe"}
    white = 255 if dtype == np.uint8 else 1
    expected = [images[1], images[4], np.full(shape, white), *images[[0, 2, 3]]]
    for image, truth in zip(shown(figure), expected, strict=True):
        np.testing.assert_allclose(image, truth, rtol=1e-6)


@pytest.mark.parametrize("name", [r"$\frac", "a$b$c", "$$", "100 $", r"\alpha"])
def test_names_are_no_formulas(words: Words, name: str) -> None:
    figure = class_grid(np.zeros((2, 4, 4)), [name, "bag"])
    figure.canvas.draw()
    assert words(figure) == {name, "bag"}
    assert not any(text.get_parse_math() for a in figure.axes for text in a.texts)


def test_rows_are_no_longer_than_the_largest_class(words: Words) -> None:
    figure = class_grid(np.zeros((3, 2, 2)), [7, 7, 3], names=["three", "seven"])
    assert len(shown(figure)) == 4
    assert words(figure) == {"three", "seven"}
    assert len(shown(class_grid(np.zeros((3, 2, 2)), [1, 2, 3]))) == 3


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ([0, 1, 1], {}, r"labels must have shape \(2,\), got \(3,\)"),
        (0, {}, r"labels must have shape \(2,\), got \(\)"),
        ([0, 1], {"names": ["a"]}, "names must have 2 entries, got 1"),
        ([0, 1], {"columns": 0}, "columns must be at least 1, got 0"),
    ],
)
def test_bad_arguments(labels: ArrayLike, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        class_grid(np.zeros((2, 2, 2)), labels, **options)
