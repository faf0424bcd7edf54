"""What the two autoencoders share: encode and reconstruct."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia._arguments import check_choice, check_count
from latentia._torch_state import with_own_state
from latentia.generative.data import ImageSet
from latentia.generative.models.base import ImageModel
from latentia.generative.networks.autoencoder import ConvDecoder, ConvEncoder
from latentia.generative.networks.inference import batched
from latentia.generative.networks.mlp_autoencoder import MLPDecoder, MLPEncoder
from latentia.generative.recipes.frechet_score import FrechetScore
from latentia.generative.recipes.sharpening import EncoderDiscriminator
from latentia.generative.training.compute import cpu_threads
from latentia.generative.training.model_config import ModelConfig

NETWORKS = ("auto", "mlp")

N_SAMPLED = 512
"""Most images that samples are compared with when a training has ended."""


class Autoencoder(ImageModel):
    """Base of the autoencoders."""

    has_encoder: ClassVar[bool] = True

    latent_dim: int
    network: str

    def encode(self, X: Any) -> NDArray[np.float32]:
        """Return the codes of images.

        Parameters
        ----------
        X : array, tensor, path or torch Dataset of n images
            Of the size of the images of ``fit``; other modes are converted.

        Returns
        -------
        z : ndarray of float32, shape (n, latent_dim)

        Raises
        ------
        ValueError
            If the images have another size.
        """
        images = self.read_images(X)
        return self.apply_batched(self.encode_tensor, images).numpy()

    def reconstruct(self, X: Any) -> NDArray[np.uint8]:
        """Encode and decode images; return uint8 images of the same shape as X."""
        return self.decode_codes(self.encode(X), None)

    def check_parameters(self) -> None:
        """Raise if an argument of the constructor is wrong."""
        check_count(self.latent_dim, "latent_dim", least=1)
        check_choice(self.network, "network", NETWORKS)

    def resolve_network(self, device: torch.device) -> str:
        """Return the name of the networks, chosen by the device for "auto"."""
        return "conv" if self.network == "auto" else self.network

    def finish_training(self, data: ImageSet) -> None:
        """Compute the skill of samples, which reconstructions do not show.

        With few images, codes can be far from all draws of the prior. A private
        training does not compute it.
        """
        if self.privacy_ is not None:
            return
        chosen = data.take(torch.arange(0, len(data), -(-len(data) // N_SAMPLED)))
        real = FrechetScore(chosen, False, torch.device(self.device_))
        found = real.skill(real.score(self.sample(real.n, seed=0))["score"])
        self.set_sample_skill(found)

    def encode_tensor(self, images: Tensor) -> Tensor:
        """Return codes (B, latent_dim) of images (B, C, H, W) in 0..1."""
        encoded: Tensor = self.networks_["encoder"](images)
        return encoded[:, : self.latent_dim_]

    @with_own_state
    def apply_batched(self, function: Any, *rows: Tensor) -> Tensor:
        """Apply a function of the networks to rows, as ``batched`` does."""
        with cpu_threads():
            return batched(function, *rows, device=torch.device(self.device_))


def build_networks(
    config: ModelConfig, n_outputs: int, latent_dim: int
) -> nn.ModuleDict:
    """Return the encoder with so many outputs, and the decoder."""
    shape = config.shape
    if config.network == "mlp":
        encoder: nn.Module = MLPEncoder(shape, n_outputs)
        decoder: nn.Module = MLPDecoder(shape, latent_dim)
    else:
        encoder = ConvEncoder(shape, n_outputs, config.width)
        decoder = ConvDecoder(shape, latent_dim, config.width)
    return nn.ModuleDict({"encoder": encoder, "decoder": decoder})


def build_discriminator(config: ModelConfig) -> nn.Module:
    """Return a discriminator of half the encoder's width: most of a step is its."""
    return EncoderDiscriminator(ConvEncoder(config.shape, 1, config.width // 2))
