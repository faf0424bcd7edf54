"""Images as rows of pixels, each row a block of an image, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Blocks:
    """Division of images (n, H, W, C) into blocks.

    The last row and column of an image are repeated up to a multiple of the block size.

    Attributes
    ----------
    shape : tuple of int
        (n, H, W, C) of the images.
    size : tuple of int
        Height and width of a block, at most those of an image: (H, W) makes every
        image one block.
    """

    shape: tuple[int, int, int, int]
    size: tuple[int, int]

    @property
    def grid(self) -> tuple[int, int]:
        """Number of blocks of an image, vertically and horizontally."""
        _, height, width, _ = self.shape
        return -(-height // self.size[0]), -(-width // self.size[1])

    @property
    def n_rows(self) -> int:
        """Number of blocks of all images."""
        return self.shape[0] * math.prod(self.grid)

    @property
    def n_features(self) -> int:
        """Number of values of a block: its pixels times channels."""
        return math.prod(self.size) * self.shape[3]

    def to_rows(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return images (n, H, W, C) as (n_rows, n_features)."""
        n, height, width, channels = self.shape
        (down, across), (high, wide) = self.grid, self.size
        beyond = (0, down * high - height), (0, across * wide - width)
        pixels = np.pad(images, ((0, 0), *beyond, (0, 0)), mode="edge")
        pixels = pixels.reshape(n, down, high, across, wide, channels)
        return pixels.swapaxes(2, 3).reshape(self.n_rows, self.n_features)

    def to_images(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Invert :meth:`to_rows`."""
        n, height, width, channels = self.shape
        (down, across), (high, wide) = self.grid, self.size
        pixels = rows.reshape(n, down, across, high, wide, channels).swapaxes(2, 3)
        pixels = pixels.reshape(n, down * high, across * wide, channels)
        return np.ascontiguousarray(pixels[:, :height, :width])
