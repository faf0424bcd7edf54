"""Residual networks without normalisation, for GPUs.

A stage is two residual blocks, each 1×1 → grouped 3×3 → 1×1 with leaky rectifiers,
whose last convolution starts at zero; between stages the map is resampled bilinearly.
Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline", NeurIPS 2024.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentia.generative.networks.framing import Frame
from latentia.generative.networks.projection import FEATURES, Projection

SLOPE = 0.2
GROUP = 16
"""Channels of a group."""

_GAIN = sqrt(2 / (1 + SLOPE**2))


class Residual(nn.Module):
    """x + f(x), initialised with f(x) = 0."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.into = _convolution(channels, channels, 1)
        self.across = _convolution(channels, channels, 3, max(1, channels // GROUP))
        self.out = _convolution(channels, channels, 1, gain=0.0)

    def forward(self, maps: Tensor) -> Tensor:
        inner = F.leaky_relu(self.into(F.leaky_relu(maps, SLOPE)), SLOPE)
        added: Tensor = self.out(F.leaky_relu(self.across(inner), SLOPE))
        return maps + added


class Resample(nn.Module):
    """Change the size of the map by a factor, and its channels."""

    def __init__(self, before: int, after: int, factor: float) -> None:
        super().__init__()
        self.factor = factor
        self.mix = _convolution(before, after, 1, gain=1.0)

    def forward(self, maps: Tensor) -> Tensor:
        if self.factor < 1:
            maps = F.avg_pool2d(maps, 2)
        mixed: Tensor = self.mix(maps)
        if self.factor < 1:
            return mixed
        return F.interpolate(mixed, scale_factor=self.factor, mode="bilinear")


class ResidualGenerator(nn.Module):
    """z (B, latent_dim) and labels → images (B, C, H, W), about −1..1."""

    def __init__(
        self, shape: tuple[int, int, int], latent_dim: int, n_classes: int, width: int
    ) -> None:
        super().__init__()
        self.frame = Frame.of(*shape[1:])
        channels = _widths(self.frame, width)[::-1]
        self.embedding = nn.Embedding(n_classes, latent_dim) if n_classes else None
        joined = latent_dim * (2 if n_classes else 1)
        self.base = nn.Parameter(torch.randn(channels[0], *self.frame.map))
        self.style = nn.Linear(joined, channels[0])
        stages: list[nn.Module] = [Residual(channels[0]), Residual(channels[0])]
        for before, after in pairwise(channels):
            stages += [Resample(before, after, 2), Residual(after), Residual(after)]
        self.grow = nn.Sequential(*stages)
        self.finish = _convolution(channels[-1], shape[0], 1, gain=1.0)

    def affine(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        if self.embedding is not None:
            z = torch.cat([z, self.embedding(labels)], dim=1)
        maps: Tensor = self.base * self.style(z)[:, :, None, None]
        return maps

    def features(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        maps: Tensor = self.grow[:2](self.affine(z, labels))
        return maps

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        maps = self.grow[2:](self.features(z, labels))
        return self.frame.cut(self.finish(maps))


class ResidualDiscriminator(nn.Module):
    """Images (B, C, H, W) and labels → logits (B,)."""

    def __init__(self, shape: tuple[int, int, int], n_classes: int, width: int) -> None:
        super().__init__()
        self.frame = Frame.of(*shape[1:])
        channels = _widths(self.frame, width)
        stages: list[nn.Module] = [Residual(channels[0]), Residual(channels[0])]
        for before, after in pairwise(channels):
            stages += [Resample(before, after, 0.5), Residual(after), Residual(after)]
        self.start = _convolution(shape[0], channels[0], 1, gain=1.0)
        self.shrink = nn.Sequential(*stages)
        pixels = self.frame.map[0] * self.frame.map[1]
        self.flatten = nn.Linear(channels[-1] * pixels, FEATURES)
        self.judge = Projection(FEATURES, n_classes)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        maps = self.shrink(self.start(self.frame.pad(images)))
        features = F.leaky_relu(self.flatten(maps.flatten(1)), SLOPE)
        judged: Tensor = self.judge(features, labels)
        return judged


def _convolution(
    before: int, after: int, side: int, groups: int = 1, gain: float = _GAIN
) -> nn.Conv2d:
    """Return a convolution whose outputs start with ``gain`` × the inputs' size."""
    convolution = nn.Conv2d(before, after, side, padding=side // 2, groups=groups)
    fan_in = side**2 * before // groups
    nn.init.normal_(convolution.weight, 0.0, gain / sqrt(fan_in))
    nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
    return convolution


def _widths(frame: Frame, width: int) -> list[int]:
    """Return the channels from the largest map to the smallest: ×2 each, ×8 at most."""
    return [width * min(2**level, 8) for level in range(frame.n_halvings + 1)]
