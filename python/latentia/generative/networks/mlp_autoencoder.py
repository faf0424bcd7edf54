"""One hidden layer of 400 in encoder and decoder: the first VAE of textbooks.

Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, in the size of
PyTorch's example: 784–400–20 for 28 × 28 pixels.
"""

from __future__ import annotations

from math import prod

from torch import Tensor, nn

HIDDEN = 400


class MLPEncoder(nn.Module):
    """Images (B, C, H, W) in 0..1 → vectors (B, n_outputs)."""

    def __init__(self, shape: tuple[int, int, int], n_outputs: int) -> None:
        super().__init__()
        self.layers = _layers(prod(shape), n_outputs)

    def forward(self, images: Tensor) -> Tensor:
        vectors: Tensor = self.layers(images.flatten(1))
        return vectors


class MLPDecoder(nn.Module):
    """z (B, latent_dim) → images (B, C, H, W), not limited to 0..1."""

    def __init__(self, shape: tuple[int, int, int], latent_dim: int) -> None:
        super().__init__()
        self.shape = shape
        self.layers = _layers(latent_dim, prod(shape))

    def affine(self, z: Tensor) -> Tensor:
        hidden: Tensor = self.layers[0](z)
        return hidden

    def features(self, z: Tensor) -> Tensor:
        hidden: Tensor = self.layers[1](self.affine(z))
        return hidden

    def forward(self, z: Tensor) -> Tensor:
        pixels: Tensor = self.layers[2](self.features(z))
        return pixels.view(-1, *self.shape)


def _layers(n_inputs: int, n_outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, n_outputs)
    )
