"""The recipe of a variational autoencoder: gradient ascent on the ELBO."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from latentia.generative.data import ImageSet
from latentia.generative.latent.noise import normal
from latentia.generative.networks.inference import batched
from latentia.generative.recipes import elbo
from latentia.generative.recipes.autoencoder_recipe import AutoencoderRecipe
from latentia.generative.recipes.autoencoding import (
    BETAS,
    device_of,
    scored,
    set_rate,
)
from latentia.generative.training.recipe import StepContext

if TYPE_CHECKING:
    from latentia.generative.recipes.likelihoods import Likelihood


class VAERecipe(AutoencoderRecipe):
    """Recipe of an encoder, a decoder and a likelihood.

    Parameters
    ----------
    networks : nn.ModuleDict
        "encoder" (B, C, H, W) → (B, 2 · latent_dim), "decoder" back from
        (B, latent_dim), "likelihood"; "discriminator" if there is a second stage.
    latent_dim : int
    beta : float
        Weight of the divergence: the loss is β KL(q ‖ p) − log p(x | z).
    warmup : float
        Share of the first stage in which that weight grows from 0 to β. Without it the
        posterior can collapse to the prior before the decoder is trained.
    sharpen, error_limit, mixture
        As of ``AutoencoderRecipe``.
    """

    averaged: tuple[str, ...] = ("encoder", "decoder", "likelihood")

    def __init__(
        self,
        networks: nn.ModuleDict,
        latent_dim: int,
        beta: float,
        warmup: float,
        *,
        sharpen: float,
        error_limit: float,
        mixture: bool,
    ) -> None:
        super().__init__(
            networks,
            latent_dim,
            sharpen=sharpen,
            error_limit=error_limit,
            mixture=mixture,
        )
        self.beta, self.warmup = beta, warmup
        self._elbo = 0.0

    def make_optimiser(self) -> torch.optim.Optimizer:
        """Return an optimiser of encoder and decoder; the likelihood adapts itself."""
        trained = [
            parameter
            for name in ("encoder", "decoder")
            for parameter in self.networks[name].parameters()
        ]
        return torch.optim.Adam(trained, betas=BETAS, fused=True)

    def make_private(self) -> None:
        """Keep σ² constant: the error of a batch is not private."""
        super().make_private()
        self.mixture = False
        _likelihood(self.networks).fix()

    def code(self, encoded: Tensor, noise: Tensor) -> Tensor:
        """Draw codes of q(z | x): the draws of all images are the aggregated posterior.

        Its mixture is a better prior than N(0, I), from which it differs: Hoffman and
        Johnson, "ELBO surgery", 2016; Tomczak and Welling, "VAE with a VampPrior",
        AISTATS 2018.
        """
        return elbo.draw(*elbo.posterior(encoded), noise)

    def image(self, networks: nn.ModuleDict, output: Tensor) -> Tensor:
        """Return the expected image."""
        return _likelihood(networks).mean(output)

    def observe(self, output: Tensor, images: Tensor, context: StepContext) -> None:
        """Set σ² to the error."""
        prior = self.latent_dim / (self.latent_dim + context.n_trained)
        average = context.compute.average
        _likelihood(self.networks).adapt(output, images, average, prior)

    def first_step(self, images: Tensor, context: StepContext) -> dict[str, Tensor]:
        """Take a step on the ELBO, summed over pixels, mean over images."""
        adam = self.optimisers["adam"]
        set_rate(adam, context)
        with context.autocast():
            encoded = self.networks["encoder"](images)
        mean, log_variance = elbo.posterior(encoded)
        noise = context.normal(len(images), self.latent_dim)
        with context.autocast():
            output = self.networks["decoder"](elbo.draw(mean, log_variance, noise))
        output = output.float()
        self.observe(output, images, context)
        density = _likelihood(self.networks).log_density(output, images).mean()
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

    def first_score(self, networks: nn.ModuleDict, images: Tensor) -> float:
        """Return the loss, in nats per image, at one code of each; lower is better."""
        noise = torch.from_numpy(normal(0, len(images), self.latent_dim))

        def terms(images: Tensor, noise: Tensor) -> Tensor:
            encoded = networks["encoder"](images)
            bound = elbo.bound(networks, encoded, images, noise)
            divergence = elbo.divergence(*elbo.posterior(encoded))
            return torch.stack([bound, divergence], dim=1)

        found = batched(terms, images, noise, device=device_of(networks))
        bound, divergence = found.double().mean(0).tolist()
        self._elbo = float(bound)
        return (self.beta - 1) * float(divergence) - self._elbo

    def skill(self, score: float, held_out: ImageSet) -> float | None:
        """Compare the last ELBO with that of one average image."""
        return _likelihood(self.networks).skill(-self._elbo, scored(held_out))


def _likelihood(networks: nn.ModuleDict) -> Likelihood:
    found: Likelihood = networks["likelihood"]  # type: ignore[assignment]
    return found
