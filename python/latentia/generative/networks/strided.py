"""Small generator and discriminator of strided convolutions, for training on a CPU.

The generator normalises by batches, the discriminator not at all, as penalties on its
gradient ask for; its conditional form is a projection (Miyato and Koyama, "cGANs with
projection discriminator", ICLR 2018).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from latentia.generative.networks.framing import Frame

SLOPE = 0.2
FEATURES = 128


def widths(frame: Frame, width: int) -> list[int]:
    """Return the channels from the largest map to the smallest: ×2 each, ×8 at most."""
    return [width * min(2**level, 8) for level in range(frame.n_halvings + 1)]


class StridedGenerator(nn.Module):
    """z (B, latent_dim) and labels → images (B, C, H, W), about −1..1."""

    def __init__(
        self, shape: tuple[int, int, int], latent_dim: int, n_classes: int, width: int
    ) -> None:
        super().__init__()
        n_channels, height, across = shape
        self.frame = Frame.of(height, across)
        channels = widths(self.frame, width)[::-1]
        self.embedding = nn.Embedding(n_classes, latent_dim) if n_classes else None
        joined = latent_dim * (2 if n_classes else 1)
        self.start = nn.Sequential(
            nn.Linear(joined, channels[0] * self.frame.map[0] * self.frame.map[1]),
            nn.Unflatten(1, (channels[0], *self.frame.map)),
            nn.BatchNorm2d(channels[0]),
            nn.LeakyReLU(SLOPE),
        )
        self.grow = nn.Sequential(
            *(
                nn.Sequential(
                    nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
                    nn.BatchNorm2d(after),
                    nn.LeakyReLU(SLOPE),
                )
                for before, after in pairwise(channels)
            )
        )
        self.finish = nn.Conv2d(channels[-1], n_channels, 3, 1, 1)

    def affine(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        if self.embedding is not None:
            z = torch.cat([z, self.embedding(labels)], dim=1)
        maps: Tensor = self.start[:-1](z)
        return maps

    def features(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        maps: Tensor = self.start[-1](self.affine(z, labels))
        return maps

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.frame.cut(self.finish(self.grow(self.features(z, labels))))


class StridedDiscriminator(nn.Module):
    """Images (B, C, H, W) and labels → logits (B,)."""

    def __init__(self, shape: tuple[int, int, int], n_classes: int, width: int) -> None:
        super().__init__()
        n_channels, height, across = shape
        self.frame = Frame.of(height, across)
        channels = widths(self.frame, width)
        self.shrink = nn.Sequential(
            nn.Conv2d(n_channels, channels[0], 3, 1, 1),
            nn.LeakyReLU(SLOPE),
            *(
                nn.Sequential(nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(SLOPE))
                for before, after in pairwise(channels)
            ),
            nn.Flatten(),
            nn.Linear(channels[-1] * self.frame.map[0] * self.frame.map[1], FEATURES),
            nn.LeakyReLU(SLOPE),
        )
        self.judge = Projection(FEATURES, n_classes)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        judged: Tensor = self.judge(self.shrink(self.frame.pad(images)), labels)
        return judged


class Projection(nn.Module):
    """Features h (B, d) and labels y → w·h + b + v(y)·h."""

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.plain = nn.Linear(n_features, 1)
        self.by_class = nn.Embedding(n_classes, n_features) if n_classes else None

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        logits: Tensor = self.plain(features)[:, 0]
        if self.by_class is not None:
            logits = logits + (features * self.by_class(labels)).sum(1)
        return logits
