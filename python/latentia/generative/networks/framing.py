"""Frames for images of any size, whose sides can be halved several times."""

from __future__ import annotations

from math import ceil, floor, log2
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

SMALLEST_MAP = 7
"""Halving ends before the shorter side falls below this: 28 → 14 → 7, 64 → … → 8."""


class Frame(NamedTuple):
    """Height and width of an image, and of the smallest map of its network.

    The frame's sides are ``map · 2**n_halvings``, at least the image's.
    """

    height: int
    width: int
    n_halvings: int

    @classmethod
    def of(cls, height: int, width: int) -> Frame:
        """Choose the number of halvings."""
        return cls(
            height, width, max(1, floor(log2(min(height, width) / SMALLEST_MAP)))
        )

    @property
    def map(self) -> tuple[int, int]:
        """Height and width of the smallest map."""
        part = 2**self.n_halvings
        return ceil(self.height / part), ceil(self.width / part)

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """Pixels of the frame beyond the image: left, right, top, bottom."""
        part = 2**self.n_halvings
        across, down = (
            side * part - inner
            for side, inner in zip(
                self.map[::-1], (self.width, self.height), strict=True
            )
        )
        return across // 2, across - across // 2, down // 2, down - down // 2

    def pad(self, images: Tensor) -> Tensor:
        """Pad images to the frame by repeating their borders."""
        if not any(self.margins):
            return images
        return F.pad(images, self.margins, mode="replicate")

    def cut(self, framed: Tensor) -> Tensor:
        """Take the image out of its frame."""
        left, _, top, _ = self.margins
        return framed[..., top : top + self.height, left : left + self.width]
