"""What the two autoencoders share: codes of images, and images of codes."""

from __future__ import annotations

from math import cos, pi
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia._arguments import check_choice, check_count
from latentia._torch_state import with_own_state
from latentia.generative.data import ImageSet
from latentia.generative.models.base import ImageModel
from latentia.generative.networks.autoencoder import ConvDecoder, ConvEncoder
from latentia.generative.networks.inference import in_blocks
from latentia.generative.networks.mlp_autoencoder import MLPDecoder, MLPEncoder
from latentia.generative.recipes.frechet_score import Similarity
from latentia.generative.training.compute import cpu_threads
from latentia.generative.training.model_config import Setting
from latentia.generative.training.recipe import Moment

NETWORKS = ("auto", "mlp")

WARM_UP, WARM_UP_SHARE = 100, 0.1
"""The learning rate grows to its height in so many steps, in a short training in this
share of it: else it would end before it has begun."""

N_SAMPLED = 512
"""Images that are compared with as many samples when a training has ended."""

N_SCORED = 2048
"""Images that a score while training is taken on, if there are more."""


class Autoencoder(ImageModel):
    """Base of the autoencoders."""

    latent_dim: int
    network: str

    def encode(self, X: Any) -> NDArray[np.float32]:
        """Return the codes of images.

        Parameters
        ----------
        X : array, tensor, path or torch Dataset of n images
            Of the size of those of ``fit``; another mode is converted.

        Returns
        -------
        z : ndarray of float32, shape (n, latent_dim)

        Raises
        ------
        ValueError
            If the images have another size.
        """
        images = self._images(X)
        return self._blocks(self._mean_codes, images).numpy()

    def reconstruct(self, X: Any) -> NDArray[np.uint8]:
        """Return the images of the codes of images: uint8, of the same shape as X."""
        return self._decode_all(self.encode(X), None)

    def _check(self) -> None:
        check_count(self.latent_dim, "latent_dim", least=1)
        check_choice(self.network, "network", NETWORKS)

    def _network(self, device: torch.device) -> str:
        return "conv" if self.network == "auto" else self.network

    def _finish(self, data: ImageSet) -> None:
        """Compare samples with images: scores, by codes of images, know none of them.

        Of few images each gets a code that no draw of the prior comes near to.
        """
        chosen = data.take(torch.arange(0, len(data), -(-len(data) // N_SAMPLED)))
        real = Similarity(chosen, False, torch.device(self.device_))
        found = real.skill(real.score(self.sample(real.n, seed=0))["score"])
        self.sample_skill_ = self._description["state"]["sample_skill"] = found

    def _mean_codes(self, images: Tensor) -> Tensor:
        """Return codes (B, latent_dim) of images (B, C, H, W) in 0..1."""
        encoded: Tensor = self.networks_["encoder"](images)
        return encoded[:, : self.latent_dim_]

    @with_own_state
    def _blocks(self, function: Any, *rows: Tensor) -> Tensor:
        with cpu_threads():
            return in_blocks(function, *rows, device=torch.device(self.device_))


def build_networks(setting: Setting, n_outputs: int, latent_dim: int) -> nn.ModuleDict:
    """Return the encoder, to so many outputs, and the decoder of a setting."""
    shape = setting.shape
    if setting.network == "mlp":
        encoder: nn.Module = MLPEncoder(shape, n_outputs)
        decoder: nn.Module = MLPDecoder(shape, latent_dim)
    else:
        encoder = ConvEncoder(shape, n_outputs, setting.width)
        decoder = ConvDecoder(shape, latent_dim, setting.width)
    return nn.ModuleDict({"encoder": encoder, "decoder": decoder})


def set_rate(optimiser: torch.optim.Optimizer, moment: Moment) -> None:
    """Set the learning rate: up in some steps, then down a half cosine to nothing."""
    warm = max((moment.step + 1) / WARM_UP, moment.progress / WARM_UP_SHARE)
    rate = moment.learning_rate * min(1.0, warm)
    for group in optimiser.param_groups:
        group["lr"] = rate * (1 + cos(pi * moment.progress)) / 2


def scored(held_out: ImageSet) -> Tensor:
    """Return images from all over the set, always the same."""
    n = len(held_out)
    return held_out.images[torch.arange(0, n, -(-n // N_SCORED))]


def device_of(networks: nn.ModuleDict) -> torch.device:
    """Return where networks are."""
    return next(networks.parameters()).device
