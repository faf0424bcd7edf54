"""The recipe of a variational autoencoder: gradient ascent on the ELBO."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.generative.data import ImageSet, to_numpy
from latentia.generative.latent.noise import normal
from latentia.generative.networks.inference import batched
from latentia.generative.recipes import elbo
from latentia.generative.recipes.autoencoding import device_of, scored, set_rate
from latentia.generative.training.recipe import Recipe, StepContext

if TYPE_CHECKING:
    from latentia.generative.recipes.likelihoods import Likelihood

_BETAS = (0.9, 0.99)


class VAERecipe(Recipe):
    """Recipe of an encoder, a decoder and a likelihood.

    Parameters
    ----------
    networks : nn.ModuleDict
        "encoder" (B, C, H, W) → (B, 2 · latent_dim), "decoder" back from
        (B, latent_dim), "likelihood".
    latent_dim : int
    beta : float
        Weight of the divergence: the loss is β KL(q ‖ p) − log p(x | z).
    warmup : float
        Share of the training in which that weight grows from 0 to β. Without it the
        posterior can collapse to the prior before the decoder is trained.
    """

    averaged: tuple[str, ...] = ("encoder", "decoder", "likelihood")
    seeing: tuple[str, ...] = ("encoder", "decoder")

    def __init__(
        self, networks: nn.ModuleDict, latent_dim: int, beta: float, warmup: float
    ) -> None:
        self.networks, self.latent_dim = networks, latent_dim
        self.beta, self.warmup = beta, warmup
        self._elbo = 0.0
        adam = torch.optim.Adam(networks.parameters(), betas=_BETAS, fused=True)
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adam": adam}

    def make_private(self) -> None:
        """Keep σ² constant: the error of a batch is not private."""
        likelihood: Likelihood = self.networks["likelihood"]  # type: ignore[assignment]
        likelihood.fix()

    def step(
        self, images: Tensor, labels: Tensor | None, context: StepContext
    ) -> dict[str, Tensor]:
        """Take a step on the ELBO, summed over pixels, mean over images."""
        adam = self.optimisers["adam"]
        set_rate(adam, context)
        likelihood: Likelihood = self.networks["likelihood"]  # type: ignore[assignment]
        with context.autocast():
            encoded = self.networks["encoder"](images)
        mean, log_variance = elbo.posterior(encoded)
        noise = context.normal(len(images), self.latent_dim)
        with context.autocast():
            output = self.networks["decoder"](elbo.draw(mean, log_variance, noise))
        output = output.float()
        prior = self.latent_dim / (self.latent_dim + context.n_trained)
        likelihood.adapt(output, images, context.compute.average, prior)
        density = likelihood.log_density(output, images).mean()
        divergence = elbo.divergence(mean, log_variance).mean()
        grown = min(1.0, context.progress / self.warmup) if self.warmup else 1.0
        loss = self.beta * grown * divergence - density
        loss.backward()  # type: ignore[no-untyped-call]
        context.update(adam)
        return {
            "log_density": density.detach(),
            "divergence": divergence.detach(),
            "elbo": (density - divergence).detach(),
        }

    def score(self, networks: nn.ModuleDict, held_out: ImageSet) -> dict[str, float]:
        """Return the loss, in nats per image, at one code of each; lower is better."""
        images = scored(held_out)
        noise = torch.from_numpy(normal(0, len(images), self.latent_dim))

        def terms(images: Tensor, noise: Tensor) -> Tensor:
            encoded = networks["encoder"](images)
            bound = elbo.bound(networks, encoded, images, noise)
            divergence = elbo.divergence(*elbo.posterior(encoded))
            return torch.stack([bound, divergence], dim=1)

        found = batched(terms, images, noise, device=device_of(networks))
        self._elbo, divergence = found.double().mean(0).tolist()
        return {"score": (self.beta - 1) * divergence - self._elbo}

    def skill(self, score: float, held_out: ImageSet) -> float | None:
        """Compare the last ELBO with that of one average image."""
        likelihood: Likelihood = self.networks["likelihood"]  # type: ignore[assignment]
        return likelihood.skill(-self._elbo, scored(held_out))

    def sample_grid(self, networks: nn.ModuleDict, n: int) -> NDArray[np.uint8]:
        """Decode n codes, the same ones each time."""
        likelihood: Likelihood = networks["likelihood"]  # type: ignore[assignment]
        codes = torch.from_numpy(normal(0, n, self.latent_dim))
        output = batched(networks["decoder"], codes, device=device_of(networks))
        return to_numpy(likelihood.mean(output))
