"""Convolutional encoder and decoder: residual, not normalised.

Convolutions at full size cost most. There is only one, to the pixels; the others work
on maps of half the sides and less.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentia.generative.networks.doubling import Doubling
from latentia.generative.networks.framing import Frame

SLOPE = 0.2


def widths(frame: Frame, width: int) -> list[int]:
    """Return the channels from the first halved map to the smallest: ×2, then ×4."""
    return [width * min(2**level, 4) for level in range(frame.n_halvings)]


class ConvEncoder(nn.Module):
    """Images (B, C, H, W) in 0..1 → vectors (B, n_outputs)."""

    def __init__(self, shape: tuple[int, int, int], n_outputs: int, width: int) -> None:
        super().__init__()
        n_channels, height, across = shape
        self.frame = Frame.of(height, across)
        channels = widths(self.frame, width)
        self.shrink = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(before, after, 4, 2, 1), Block(after))
                for before, after in pairwise([n_channels, *channels])
            ),
            nn.LeakyReLU(SLOPE),
            nn.Flatten(),
        )
        rows, columns = self.frame.map
        self.finish = nn.Linear(channels[-1] * rows * columns, n_outputs)

    def forward(self, images: Tensor) -> Tensor:
        framed = self.frame.pad(2 * images - 1)
        framed = framed.contiguous(memory_format=torch.channels_last)
        vectors: Tensor = self.finish(self.shrink(framed))
        return vectors


class ConvDecoder(nn.Module):
    """z (B, latent_dim) → images (B, C, H, W), not limited to 0..1."""

    def __init__(
        self, shape: tuple[int, int, int], latent_dim: int, width: int
    ) -> None:
        super().__init__()
        n_channels, height, across = shape
        self.frame = Frame.of(height, across)
        channels = widths(self.frame, width)[::-1]
        self._map = (channels[0], *self.frame.map)
        rows, columns = self.frame.map
        self.start = nn.Linear(latent_dim, channels[0] * rows * columns)
        self.grow = nn.Sequential(
            Block(channels[0]),
            *(
                nn.Sequential(Doubling(before, after), Block(after))
                for before, after in pairwise(channels)
            ),
            nn.LeakyReLU(SLOPE),
        )
        self.finish = nn.Sequential(
            Doubling(channels[-1], width // 2),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(width // 2, n_channels, 3, 1, 1),
        )

    def affine(self, z: Tensor) -> Tensor:
        maps: Tensor = self.start(z).unflatten(1, self._map)
        return maps.contiguous(memory_format=torch.channels_last)

    def features(self, z: Tensor) -> Tensor:
        maps: Tensor = self.grow[0](self.affine(z))
        return maps

    def forward(self, z: Tensor) -> Tensor:
        maps = self.grow[1:](self.features(z))
        return self.frame.cut(self.finish(maps))


class Block(nn.Module):
    """x + conv(σ(conv(σ(x)))), initialised as the identity."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(n_channels, n_channels, 3, 1, 1)
        self.second = nn.Conv2d(n_channels, n_channels, 3, 1, 1)
        nn.init.zeros_(self.second.weight)

    def forward(self, maps: Tensor) -> Tensor:
        hidden = self.first(F.leaky_relu(maps, SLOPE))
        change: Tensor = self.second(F.leaky_relu(hidden, SLOPE))
        return maps + change
