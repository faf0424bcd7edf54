from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from latentia.plots import side_by_side

Words = Callable[[Figure], set[str]]
Pixels = Callable[[Figure], NDArray[np.uint8]]


@pytest.mark.parametrize("n", [1, 5, 6, 7, 36])
@pytest.mark.parametrize("shape", [(8, 8), (3, 11), (11, 3, 3)])
def test_every_image_is_in_its_grid(n: int, shape: tuple[int, ...]) -> None:
    grids = {name: np.random.default_rng(0).random((n, *shape)) for name in "abc"}
    figure = side_by_side(grids)
    for axes, images in zip(figure.axes, grids.values(), strict=True):
        for image, artist in zip(images, axes.images, strict=True):
            np.testing.assert_array_equal(artist.get_array(), image)


def test_images_keep_their_proportions_and_do_not_overlap() -> None:
    figure = side_by_side({"a": np.zeros((7, 4, 6)), "b": np.ones((7, 4, 6))})
    figure.canvas.draw()
    boxes = [
        artist.get_window_extent() for axes in figure.axes for artist in axes.images
    ]
    width, height = figure.bbox.size
    for i, box in enumerate(boxes):
        assert box.height / box.width == pytest.approx(4 / 6)
        assert box.x0 >= 0
        assert box.x1 <= width
        assert box.y0 >= 0
        assert box.y1 <= height
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
    assert boxes[1].y0 == pytest.approx(boxes[0].y0)
    assert boxes[1].x0 > boxes[0].x0
    assert boxes[6].y1 < boxes[0].y0


def test_images_are_upright_and_brightness_is_not_stretched(pixels: Pixels) -> None:
    image = np.full((1, 2, 2), 0.5)
    image[0, 0] = 1.0
    page = pixels(side_by_side({"a": image})).astype(int)
    height, width, _ = page.shape
    assert np.all(page[height // 3, width // 2] == 255)
    assert np.all(np.abs(page[4 * height // 5, width // 2] - 128) <= 1)


def test_titles_are_written(words: Words) -> None:
    images = np.zeros((3, 2, 2))
    assert {"Real", "Made"} <= words(side_by_side({"Real": images, "Made": images}))


def test_signed_grids_stand_beside_others(words: Words) -> None:
    grey, signed = np.full((2, 3, 3), 0.5), np.full((2, 3, 3), 7.0)
    signed[0, 0], signed[1, 0] = -1, -14
    grids = {"Parts": grey, "Directions": signed}
    figure = side_by_side(grids, symmetric={"Directions"})
    limits = [
        [image.get_clim() for image in axes.images]
        for axes in figure.axes
        if axes.texts
    ]
    assert limits == [[(0, 1), (0, 1)], [(-7, 7), (-14, 14)]]
    assert {"negative", "0", "positive"} <= words(figure)
    assert "negative" not in words(side_by_side({"Parts": grey}))


def test_symmetric_names_no_grid() -> None:
    with pytest.raises(ValueError, match=r"symmetric must name grids \['a'\], got 'b'"):
        side_by_side({"a": np.zeros((1, 2, 2))}, symmetric=["b"])


@pytest.mark.parametrize(
    ("grids", "message"),
    [
        ({}, "grids must not be empty"),
        ({"a": np.zeros((2, 3))}, "images must have shape"),
        ({"a": np.full((1, 2, 2), 1.5)}, r"0\.\.1, got 1.5"),
        (
            {"a": np.zeros((2, 3, 3)), "b": np.zeros((4, 3, 3))},
            r"one shape .*\(2, 3, 3\).*\(4, 3, 3\)",
        ),
    ],
)
def test_grids_that_cannot_be_shown(
    grids: dict[str, NDArray[Any]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        side_by_side(grids)


def test_bad_columns() -> None:
    with pytest.raises(ValueError, match="columns must be at least 1, got 0"):
        side_by_side({"a": np.zeros((1, 2, 2))}, columns=0)
