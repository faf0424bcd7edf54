from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from latentia.plots import item_map

Words = Callable[[Figure], set[str]]


def points(figure: Figure) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the places, the areas and the colours of the points."""
    axes: Any = figure.axes[0]
    drawn = axes.collections[-1]
    return drawn.get_offsets().data, drawn.get_sizes(), drawn.get_facecolors()


def clusters(n: int = 30, k: int = 5) -> tuple[NDArray[Any], list[str]]:
    """Return factors around three corners, and the names of these."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    return np.eye(3, k)[group] + 0.05 * rng.standard_normal((n, k)), [
        f"group {g}" for g in group
    ]


def test_items_of_a_group_have_a_colour_and_lie_together(words: Words) -> None:
    factors, groups = clusters()
    figure = item_map(factors, groups)
    places, areas, colours = points(figure)
    assert len(np.unique(colours, axis=0)) == 3
    assert len(set(areas)) == 1
    for colour in np.unique(colours, axis=0):
        same = (colours == colour).all(axis=1)
        assert places[same].std(axis=0).max() < 0.2 * places.std()
    texts = {text.get_text() for text in figure.legends[0].get_texts()}
    assert texts == set(groups)
    assert any("% of the variance" in word for word in words(figure))


@pytest.mark.parametrize("k", [1, 2, 7])
def test_the_axes_are_principal_components(k: int) -> None:
    factors = np.random.default_rng(0).standard_normal((40, k)) * np.arange(1, k + 1)
    places, _, _ = points(item_map(factors.astype(np.float32)))
    centred = factors - factors.mean(axis=0)
    expected = np.linalg.svd(centred)[1][:2]
    sizes = np.linalg.norm(places, axis=0)
    np.testing.assert_allclose(sizes[: min(k, 2)], expected, rtol=1e-5)
    if k == 1:
        assert not places[:, 1].any()


def test_large_counts_are_large_and_below_the_others() -> None:
    factors, _ = clusters()
    counts = np.arange(30)
    _, areas, _ = points(item_map(factors, counts=counts))
    assert (np.diff(areas) < 0).all()
    many = np.tile(factors, (40, 1))
    _, smaller, _ = points(item_map(many, counts=np.tile(counts, 40)))
    assert smaller.max() < areas.max()


def test_items_without_factors_are_left_out() -> None:
    factors, groups = clusters()
    factors[4] = 0
    groups[4] = "nobody"
    places, _, _ = points(item_map(factors, groups, counts=np.arange(30)))
    assert len(places) == 29


def test_many_groups_and_equal_items(words: Words) -> None:
    factors, _ = clusters(60)
    groups = np.repeat([*range(10)], 6)
    groups[0] = 9  # the first group is the smallest
    figure = item_map(factors, groups)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == [*"12345679", "others"] or texts == [*"12345678", "others"]
    places, _, _ = points(item_map(np.ones((4, 3))))
    np.testing.assert_allclose(places, 0)
    item_map(np.ones((1, 2)), ["$a_"], counts=[0])


def test_labels_of_large_items_do_not_cover_each_other() -> None:
    factors = np.random.default_rng(0).standard_normal((60, 2))
    factors[1] = factors[0]
    factors[7] = 0  # is left out, and so is its label
    counts = np.arange(60)[::-1]
    labels = [f"film ${i}$ " + "x" * i for i in range(60)]
    figure = item_map(factors, counts=counts, labels=labels)
    axes: Any = figure.axes[0]
    written = [text.get_text() for text in axes.texts]
    assert written[0] == labels[0]
    assert not {labels[1], labels[7]} & set(written)
    assert 5 < len(written) <= 30
    assert max(map(len, written)) <= 30
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])


@pytest.mark.parametrize(
    ("factors", "options", "message"),
    [
        (np.ones(3), {}, r"of shape \(n_items, n_factors\), got \(3,\)"),
        (np.full((3, 2), np.nan), {}, "must be finite"),
        (np.zeros((3, 2)), {}, "a row that is not zero"),
        (np.ones((3, 2)), {"groups": ["a"]}, r"groups must have the shape \(3,\)"),
        (np.ones((3, 2)), {"counts": [1, 2]}, r"counts must have the shape \(3,\)"),
        (np.ones((3, 2)), {"counts": [1, -2, 3]}, "not negative"),
        (np.ones((3, 2)), {"labels": "abc"}, r"labels must have the shape \(3,\)"),
    ],
)
def test_bad_arguments(factors: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        item_map(factors, **options)


def test_names_that_begin_with_an_underscore_are_in_the_legend():
    V = np.random.default_rng(0).normal(size=(6, 3))
    figure = item_map(V, ["_a", "_a", "b", "b", "c", "c"])
    (legend,) = figure.legends
    assert [text.get_text().strip() for text in legend.get_texts()] == ["_a", "b", "c"]
