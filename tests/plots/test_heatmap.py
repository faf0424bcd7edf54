from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from latentia.plots import share_heatmap

Words = Callable[[Figure], set[str]]
Pixels = Callable[[Figure], NDArray[np.uint8]]


def test_large_shares_are_written_and_small_ones_are_not(words: Words) -> None:
    figure = share_heatmap(
        [[0.87, 0.03], [0.1, 1.0]], rows=["a", "b"], columns=["x", "y"]
    )
    assert words(figure) == {"a", "b", "x", "y", "87", "10", "100"}


def test_the_first_row_is_on_top_and_large_is_dark(pixels: Pixels) -> None:
    page = pixels(share_heatmap(np.eye(4)[:, :3], rows=[*"abcd"], columns=[*"xyz"]))
    height, width, _ = page.shape
    grey = page.mean(axis=2)
    upper, lower = grey[: height // 2], grey[height // 2 :]
    assert upper[:, : width // 3].mean() < lower[:, : width // 3].mean()


def test_numbers_can_be_read_on_any_shade() -> None:
    shares = np.linspace(0.1, 1, 10)[:, np.newaxis]
    figure = share_heatmap(shares, rows=[*"abcdefghij"], columns=["x"])
    axes: Any = figure.axes[0]
    shades = axes.collections[0].to_rgba(shares[:, 0])[:, :3]
    for text, shade in zip(axes.texts, shades, strict=True):
        assert contrast(text.get_color(), shade) > 3.5


def contrast(one: str, other: NDArray[np.float64]) -> float:
    """Contrast ratio as the Web Content Accessibility Guidelines define it."""
    from matplotlib.colors import to_rgb

    def luminance(colour: Any) -> float:
        rgb = np.asarray(colour)
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, light = sorted([luminance(to_rgb(one)), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("shares", "rows", "message"),
    [
        ([[0.5]], ["a", "b"], r"each of 2 titles .* got \(1, 1\)"),
        (np.empty((0, 1)), [], "each of 0 titles"),
        ([[1.5]], ["a"], r"shares must lie in 0\.\.1"),
        ([[np.nan]], ["a"], r"shares must lie in 0\.\.1"),
    ],
)
def test_bad_shares(shares: Any, rows: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        share_heatmap(shares, rows=rows, columns=["x"])
