"""The DCGAN: strided convolutions with batch normalisation in both networks.

Radford et al., "Unsupervised representation learning with deep convolutional generative
adversarial networks", ICLR 2016. The label's embedding is appended to z, and
to the discriminator's input as one more channel.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, log2

import torch
from torch import Tensor, nn

from latentia.generative.networks.doubling import Doubling
from latentia.generative.networks.framing import Frame


def _frame(height: int, width: int) -> Frame:
    """Halve to about 4 pixels, in a larger frame if needed: 28 → 32."""
    return Frame(height, width, max(1, ceil(log2(min(height, width) / 4))))


def _widths(frame: Frame, width: int) -> list[int]:
    """Return the channels from half the frame's size to the smallest map."""
    return [width * min(2**level, 8) for level in range(frame.n_halvings)]


def _initialise(module: nn.Module) -> None:
    """Draw weights from N(0, 0.02²), scales of normalisation from N(1, 0.02²)."""
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(part.weight, 0.0, 0.02)
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1.0, 0.02)


class DCGenerator(nn.Module):
    """z (B, latent_dim) and labels → images (B, C, H, W) in −1..1."""

    def __init__(
        self, shape: tuple[int, int, int], latent_dim: int, n_classes: int, width: int
    ) -> None:
        super().__init__()
        self.frame = _frame(*shape[1:])
        channels = _widths(self.frame, width)[::-1]
        self.embedding = nn.Embedding(n_classes, latent_dim) if n_classes else None
        joined = latent_dim * (2 if n_classes else 1)
        self.start = nn.Sequential(
            nn.ConvTranspose2d(joined, channels[0], self.frame.map, bias=False),
            nn.BatchNorm2d(channels[0]),
            nn.ReLU(),
        )
        self.grow = nn.Sequential(
            *(
                nn.Sequential(
                    nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
                    nn.BatchNorm2d(after),
                    nn.ReLU(),
                )
                for before, after in pairwise(channels)
            )
        )
        self.finish = Doubling(channels[-1], shape[0])
        _initialise(self)

    def affine(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        if self.embedding is not None:
            z = torch.cat([z, self.embedding(labels)], dim=1)
        maps: Tensor = self.start[:-1](z[:, :, None, None])
        return maps

    def features(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        maps: Tensor = self.start[-1](self.affine(z, labels))
        return maps

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        framed = self.finish(self.grow(self.features(z, labels)))
        return self.frame.cut(torch.tanh(framed))


class DCDiscriminator(nn.Module):
    """Images (B, C, H, W) and labels → logits (B,)."""

    def __init__(self, shape: tuple[int, int, int], n_classes: int, width: int) -> None:
        super().__init__()
        self.frame = _frame(*shape[1:])
        part = 2**self.frame.n_halvings
        self.side = (self.frame.map[0] * part, self.frame.map[1] * part)
        channels = _widths(self.frame, width)
        pixels = self.side[0] * self.side[1]
        self.embedding = nn.Embedding(n_classes, pixels) if n_classes else None
        self.shrink = nn.Sequential(
            nn.Conv2d(shape[0] + bool(n_classes), channels[0], 4, 2, 1),
            nn.LeakyReLU(0.2),
            *(
                nn.Sequential(
                    nn.Conv2d(before, after, 4, 2, 1, bias=False),
                    nn.BatchNorm2d(after),
                    nn.LeakyReLU(0.2),
                )
                for before, after in pairwise(channels)
            ),
            nn.Conv2d(channels[-1], 1, self.frame.map),
            nn.Flatten(0),
        )
        _initialise(self)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        framed = self.frame.pad(images)
        if self.embedding is not None:
            channel = self.embedding(labels).view(-1, 1, *self.side)
            framed = torch.cat([framed, channel], dim=1)
        logits: Tensor = self.shrink(framed)
        return logits
