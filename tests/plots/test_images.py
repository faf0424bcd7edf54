from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from latentia.plots import image_grid, png

Words = Callable[[Figure], set[str]]
Pixels = Callable[[Figure], NDArray[np.uint8]]


def shown(figure: Figure) -> list[Any]:
    return [image for axes in figure.axes for image in axes.images]


@pytest.mark.parametrize(
    ("n", "shape"),
    [
        *((n, (8, 8)) for n in (1, 2, 7, 8, 9, 33)),
        *((n, shape) for n in (1, 7, 8) for shape in ((3, 11), (11, 3, 3), (1, 1))),
    ],
)
def test_every_image_is_drawn_once(n: int, shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).random((n, *shape))
    drawn = shown(image_grid(images))
    assert len(drawn) == n
    for image, artist in zip(images, drawn, strict=True):
        np.testing.assert_array_equal(artist.get_array(), image)


def test_images_keep_their_proportions_and_do_not_overlap() -> None:
    figure = image_grid(np.zeros((7, 4, 6)), columns=3, row_titles=list("abc"))
    width, height = figure.get_size_inches()
    boxes = [axes.get_position() for axes in figure.axes]
    for box in boxes:
        assert box.height * height / (box.width * width) == pytest.approx(4 / 6)
        assert box.x0 >= 0
        assert box.x1 <= 1
        assert box.y0 >= 0
        assert box.y1 <= 1
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_white_is_white_in_both_types(pixels: Pixels) -> None:
    grey = np.array([[[0.0, 1.0]]])
    bytes_ = (255 * grey).astype(np.uint8)
    np.testing.assert_array_equal(pixels(image_grid(grey)), pixels(image_grid(bytes_)))


def test_brightness_is_not_stretched(pixels: Pixels) -> None:
    image = pixels(image_grid(np.full((1, 2, 2), 0.5)))
    middle = image[image.shape[0] // 2, image.shape[1] // 2]
    assert np.all(np.abs(middle.astype(int) - 128) <= 1)


def test_zero_is_mid_grey_in_signed_images(pixels: Pixels) -> None:
    figure = image_grid([[[-3.0, 0.0, 1.0]]], symmetric=True)
    assert shown(figure)[0].get_clim() == (-3.0, 3.0)
    image = pixels(figure)
    middle = image[image.shape[0] // 3, image.shape[1] // 2].astype(int)
    assert np.ptp(middle) < 16


def test_all_zero_signed_image() -> None:
    assert png(image_grid(np.zeros((1, 2, 2)), symmetric=True))


def test_titles_are_written(words: Words) -> None:
    figure = image_grid(
        np.zeros((3, 2, 2)), titles=["a", "b", "c"], row_titles=["x", "y"], columns=2
    )
    assert {"a", "b", "c", "x", "y"} <= words(figure)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 2)), "images must have shape"),
        (np.zeros((1, 2, 2, 4)), "images must have shape"),
        (np.zeros((0, 2, 2)), "images must have shape"),
        (np.zeros((1, 0, 2)), "images must have shape"),
        (np.zeros((1, 2, 2), dtype=np.int32), "uint8 or float, got int32"),
        (np.full((1, 2, 2), 1.5), r"0\.\.1, got 1.5\.\.1.5"),
        (np.full((1, 2, 2), -0.1), r"0\.\.1"),
        (np.full((1, 2, 2), np.nan), r"0\.\.1, got nan"),
    ],
)
def test_images_that_cannot_be_shown(images: NDArray[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        image_grid(images)


def test_signed_images_that_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match=r"shape \(n, H, W\)"):
        image_grid(np.zeros((1, 2, 2, 3)), symmetric=True)
    with pytest.raises(ValueError, match="finite"):
        image_grid(np.full((1, 2, 2), np.inf), symmetric=True)


def test_bad_layout() -> None:
    images = np.zeros((3, 2, 2))
    with pytest.raises(ValueError, match="columns must be at least 1, got 0"):
        image_grid(images, columns=0)
    with pytest.raises(ValueError, match="titles must have 3 entries, got 1"):
        image_grid(images, titles=["a"])
    with pytest.raises(ValueError, match="row_titles must have 2 entries, got 3"):
        image_grid(images, row_titles=["a", "b", "c"], columns=2)


def test_titles_are_arrays_too(words: Words) -> None:
    images = np.zeros((4, 3, 3))
    titles: Any = np.array(list("abcd"))
    assert {*"abcd"} <= words(image_grid(images, titles=titles, columns=2))
    assert {*"ab"} <= words(image_grid(images, row_titles=titles[:2], columns=2))
