"""What the two autoencoders share: codes, the prior, the networks."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from latentia._arguments import check_choice, check_count, check_real
from latentia._torch_state import with_own_state
from latentia.generative.data import ImageSet
from latentia.generative.latent.component_selection import check_components
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.prior_fitting import fit_prior
from latentia.generative.models.base import ImageModel
from latentia.generative.networks.conv import ConvDecoder, ConvEncoder
from latentia.generative.networks.conv_gan import ConvDiscriminator
from latentia.generative.networks.inference import batched
from latentia.generative.networks.mlp_autoencoder import MLPDecoder, MLPEncoder
from latentia.generative.recipes.frechet_score import FrechetScore
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.compute import cpu_threads
from latentia.generative.training.model_config import ModelConfig
from latentia.privacy.spending_plan import SpendingPlan

NETWORKS = ("auto", "conv", "mlp")

N_SAMPLED = 512
"""Most images that samples are compared with when a training has ended."""


class Autoencoder(ImageModel):
    """Base of the autoencoders."""

    has_encoder: ClassVar[bool] = True

    first_score_unit: ClassVar[str]
    """What the score of a training without a second stage counts."""

    prior_: MixturePrior

    n_components: int | str
    sharpen: float
    error_limit: float

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
        self.check_latent_dim()
        check_choice(self.network, "network", NETWORKS)
        check_components(self.n_components)
        check_real(self.sharpen, "sharpen", least=0, below=1)
        check_real(self.error_limit, "error_limit", least=1)

    def check_latent_dim(self) -> None:
        """Raise if the length of codes is wrong."""
        check_count(self.latent_dim, "latent_dim", least=1)

    def resolve_network(self, device: torch.device) -> str:
        """Return the name of the networks, chosen by the device for "auto"."""
        return "conv" if self.network == "auto" else self.network

    @property
    def score_unit(self) -> str:
        """What "score" in ``history_`` counts, and which way is better."""
        if self.sharpen and self.network != "mlp":
            return "Fréchet distance of reconstructions (lower is better)"
        return self.first_score_unit

    @property
    def codes_description(self) -> str:
        """Distribution of the codes, in words."""
        prior = getattr(self, "prior_", None)
        if prior is not None and prior.is_standard:
            return "standard normal"
        return "codes of images, whose mixture is not in the file"

    def finish_training(self, data: ImageSet) -> None:
        """Fit the prior, and compute the skill of samples.

        Reconstructions do not show it: with few images, codes can be far from all draws
        of the prior. A private training computes none.
        """
        if self.record_.privacy is not None:
            plan = SpendingPlan.from_dict(self.record_.privacy)
            self.prior_ = self.fit_private_prior(data, plan)
            return
        self.prior_ = self.fit_prior(data)
        chosen = data.take(torch.arange(0, len(data), -(-len(data) // N_SAMPLED)))
        real = FrechetScore(chosen, False, torch.device(self.device_))
        found = real.skill(real.score(self.sample(real.n, seed=0))["score"])
        self.set_sample_skill(found)

    def fit_prior(self, data: ImageSet) -> MixturePrior:
        """Fit a mixture to the codes of images."""
        codes = self.prior_codes(data.images).double().numpy()
        k = "samples" if isinstance(self.n_components, str) else self.n_components
        seed = self.record_.seed % 2**31
        return fit_prior(codes, k, "full", seed, self.device_).prior

    def prior_codes(self, images: Tensor) -> Tensor:
        """Return the codes of images to which the prior is fitted (n, latent_dim)."""
        return self.apply_batched(self.encode_tensor, images)

    def fit_private_prior(self, data: ImageSet, plan: SpendingPlan) -> MixturePrior:
        """Return N(0, I), for which nothing is spent."""
        return MixturePrior.standard(self.latent_dim_)

    def extra_tensors(self) -> Tensors:
        """Return the tensors of the prior."""
        return self.prior_.tensors()

    def restore_extras(self, extras: Tensors) -> None:
        """Set the prior; nothing if training had not ended."""
        if extras:
            self.prior_ = MixturePrior.of_tensors(extras)

    def draw_codes(self, seed: int, n: int, truncation: float = 1.0) -> NDArray[Any]:
        """Draw n codes, shape (n, latent_dim)."""
        check_is_fitted(self, "prior_", msg=_NO_PRIOR)
        return self.prior_.sample(seed, n, temperature=truncation)

    def sharpening_share(self, config: ModelConfig) -> float:
        """Return the share of the second stage: dense networks have none."""
        return float(self.sharpen) if config.network == "conv" else 0.0

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
    config: ModelConfig, n_outputs: int, *, discriminator: bool
) -> nn.ModuleDict:
    """Return the encoder with so many outputs, the decoder, and a discriminator."""
    shape, latent_dim = config.shape, config.latent_dim
    if config.network == "mlp":
        encoder: nn.Module = MLPEncoder(shape, n_outputs)
        decoder: nn.Module = MLPDecoder(shape, latent_dim)
    else:
        encoder = ConvEncoder(shape, n_outputs, config.width)
        decoder = ConvDecoder(shape, latent_dim, config.width)
    networks = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
    if discriminator:
        networks["discriminator"] = ConvDiscriminator(shape, 0, config.width // 2)
    return networks


_NO_PRIOR = (
    "this %(name)s is a checkpoint of a training that did not end: it can encode and "
    "decode; LatentMixture().fit(model, X) can sample from it"
)
