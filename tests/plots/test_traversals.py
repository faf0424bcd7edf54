import numpy as np
import pytest

from latentia.plots import traversal_grid


def walks(k=2, steps=5, *shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (k, steps, *shape), np.uint8)


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("shape", [(8, 8), (7, 12), (7, 12, 3)])
def test_a_row_of_images_for_each_walk(shape):
    images = walks(2, 5, *shape)
    figure = traversal_grid(images)
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert len(shown) == 10
    np.testing.assert_array_equal(shown[5], images[1, 0])
    assert words(figure) == []


def test_titles_and_a_scale():
    figure = traversal_grid(walks(2, 4, 8, 8), titles=["first", "second"], span=3)
    found = words(figure)
    assert {"first", "second"} <= set(found)
    assert found[-4:] == ["−3 σ", "−1 σ", "+1 σ", "+3 σ"]


def test_the_middle_of_an_odd_walk_is_zero():
    assert words(traversal_grid(walks(1, 3, 8, 8), span=1.5)) == [
        "−1.5 σ",
        "0",
        "+1.5 σ",
    ]


def test_nothing_is_drawn_outside_of_the_page():
    figure = traversal_grid(walks(3, 9, 8, 8), titles=["a", "b", "c"], span=3)
    figure.draw_without_rendering()
    page = figure.bbox
    for axes in figure.axes:
        for text in axes.texts:
            box = text.get_window_extent()
            assert page.x0 <= box.x0 <= box.x1 <= page.x1
            assert page.y0 <= box.y0 <= box.y1 <= page.y1


@pytest.mark.parametrize("shape", [(4, 8, 8), (0, 3, 8, 8), (2, 3, 8, 8, 4)])
def test_bad_shapes(shape):
    with pytest.raises(ValueError, match="must have shape"):
        traversal_grid(np.zeros(shape, np.uint8))


def test_bad_titles():
    with pytest.raises(ValueError, match="titles must have 2 entries, got 1"):
        traversal_grid(walks(2, 3, 8, 8), titles=["one"])
