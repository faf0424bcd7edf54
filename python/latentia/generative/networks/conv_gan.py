"""Generator and discriminator for a CPU: an autoencoder's decoder and encoder.

Residual and not normalised. With half the generator's width the discriminator, which is
most of a step, sees twice as many images in the same time, and images are better.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentia.generative.networks.conv import SLOPE, ConvDecoder, ConvEncoder
from latentia.generative.networks.projection import FEATURES, Projection


class ConvGenerator(nn.Module):
    """z (B, latent_dim) and labels → images (B, C, H, W), about −1..1."""

    def __init__(
        self, shape: tuple[int, int, int], latent_dim: int, n_classes: int, width: int
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_classes, latent_dim) if n_classes else None
        joined = latent_dim * (2 if n_classes else 1)
        self.decoder = ConvDecoder(shape, joined, width)

    def _join(self, z: Tensor, labels: Tensor | None) -> Tensor:
        if self.embedding is None:
            return z
        return torch.cat([z, self.embedding(labels)], dim=1)

    def affine(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.decoder.affine(self._join(z, labels))

    def features(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.decoder.features(self._join(z, labels))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        images: Tensor = self.decoder(self._join(z, labels))
        return images


class ConvDiscriminator(nn.Module):
    """Images (B, C, H, W) in −1..1 and labels → logits (B,)."""

    def __init__(self, shape: tuple[int, int, int], n_classes: int, width: int) -> None:
        super().__init__()
        self.encoder = ConvEncoder(shape, FEATURES, width)
        self.judge = Projection(FEATURES, n_classes)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        features = F.leaky_relu(self.encoder((images + 1) / 2), SLOPE)
        judged: Tensor = self.judge(features, labels)
        return judged
