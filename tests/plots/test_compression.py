import math
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from latentia.plots import Approximation, compression_grid, png

Words = Callable[[Figure], set[str]]


def test_measures() -> None:
    original = np.full((2, 3), 0.5)
    image = np.full((2, 3), 0.4)
    found = Approximation.of(original, image, rank=1, n_stored=4)
    assert found.relative_error == pytest.approx(0.2)
    assert found.psnr == pytest.approx(20.0)
    assert found.compression_ratio == 1.5


def test_perfect_image_has_no_noise() -> None:
    photo = np.full((2, 2, 3), 0.5)
    found = Approximation.of(photo, photo, rank=2, n_stored=10)
    assert found.relative_error == 0
    assert found.psnr == math.inf


def test_bad_measures() -> None:
    with pytest.raises(ValueError, match="original's shape"):
        Approximation.of(np.ones((2, 2)), np.ones((2, 3)), rank=1, n_stored=1)
    with pytest.raises(ValueError, match="all zero"):
        Approximation.of(np.zeros((2, 2)), np.ones((2, 2)), rank=1, n_stored=1)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(9, 7), (7, 9, 3)])
def test_grid_says_what_each_image_costs_and_loses(
    n: int, shape: tuple[int, ...], words: Words
) -> None:
    original = np.full(shape, 128, dtype=np.uint8)
    image = np.full(shape, 0.5)
    approximations = [
        Approximation(image, k, 0.1, 25.0, 8 / k) for k in range(1, n + 1)
    ]
    figure = compression_grid(original, approximations)
    assert len(figure.axes) == n + 1
    assert {"Original", "Rank 1", "8.0 × smaller · error 10.0 % · 25.0 dB"} <= words(
        figure
    )
    assert png(figure)


def test_nothing_to_show() -> None:
    with pytest.raises(ValueError, match="approximations must not be empty"):
        compression_grid(np.ones((2, 2)), [])


def test_image_out_of_range() -> None:
    too_bright = Approximation(np.full((2, 2), 1.1), 1, 0.1, 20.0, 2.0)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        compression_grid(np.ones((2, 2)), [too_bright])
