"""Perceptrons with two hidden layers of 128: the first GAN of textbooks.

Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, with leaky rectifiers
and one sigmoid output a pixel. Labels are joined to the input of both as one-hot
vectors (Mirza and Osindero, "Conditional generative adversarial nets", 2014).
"""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HIDDEN = 128
SLOPE = 0.2


def _layers(n_inputs: int, n_outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_inputs, HIDDEN),
        nn.LeakyReLU(SLOPE),
        nn.Linear(HIDDEN, HIDDEN),
        nn.LeakyReLU(SLOPE),
        nn.Linear(HIDDEN, n_outputs),
    )


def _joined(rows: Tensor, labels: Tensor | None, n_classes: int) -> Tensor:
    if labels is None or not n_classes:
        return rows
    return torch.cat([rows, F.one_hot(labels, n_classes).to(rows.dtype)], dim=1)


class MLPGenerator(nn.Module):
    """z (B, latent_dim) and labels → images (B, C, H, W) in −1..1."""

    def __init__(
        self, shape: tuple[int, int, int], latent_dim: int, n_classes: int
    ) -> None:
        super().__init__()
        self.shape, self.n_classes = shape, n_classes
        self.layers = _layers(latent_dim + n_classes, prod(shape))

    def affine(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        hidden: Tensor = self.layers[0](_joined(z, labels, self.n_classes))
        return hidden

    def features(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        hidden: Tensor = self.layers[1](self.affine(z, labels))
        return hidden

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        pixels = torch.sigmoid(self.layers[2:](self.features(z, labels)))
        return 2 * pixels.view(-1, *self.shape) - 1


class MLPDiscriminator(nn.Module):
    """Images (B, C, H, W) and labels → logits (B,)."""

    def __init__(self, shape: tuple[int, int, int], n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.layers = _layers(prod(shape) + n_classes, 1)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        rows = _joined(images.flatten(1), labels, self.n_classes)
        logits: Tensor = self.layers(rows)[:, 0]
        return logits
