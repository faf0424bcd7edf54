"""The recipe of a GAN: a step of the discriminator, then one of the generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.generative.data import ImageSet, to_numpy
from latentia.generative.latent.noise import normal
from latentia.generative.losses import LOSSES, penalties
from latentia.generative.networks.inference import batched
from latentia.generative.recipes.augment import augment
from latentia.generative.recipes.frechet_score import FrechetScore
from latentia.generative.training.recipe import Recipe, StepContext

BETA_2 = (0.9, 0.99)
"""Adam's β₂ grows from the first to the second value during training."""

FINAL_RATE = 0.2
"""Final share of the learning rate, reached along half a cosine."""

FINAL_PENALTY = 0.2
"""Final share of the penalty's weight."""

GRID_SEED = 0


@dataclass(frozen=True)
class GANOptions:
    """Loss, penalty and data of a GAN.

    Attributes
    ----------
    loss : str
        Name in ``LOSSES``.
    penalty : {"r1r2", "r1", "finite", "gradient", "none"}
    gamma : float
        γ of γ/2 · E ‖∇D‖², or λ of λ · E (‖∇D‖ − 1)² for "gradient".
    every : int
        Steps from one penalty to the next; its weight is multiplied by this number
        (lazy regularisation: Karras et al., "Analyzing and improving the image quality
        of StyleGAN", CVPR 2020).
    augment : bool
    latent_dim, n_classes : int
    """

    loss: str
    penalty: str
    gamma: float
    every: int
    augment: bool
    latent_dim: int
    n_classes: int


class GANRecipe(Recipe):
    """Recipe of a generator and a discriminator.

    Parameters
    ----------
    generator : nn.Module
        (z, labels) → images in −1..1.
    discriminator : nn.Module
        (images, labels) → logits.
    options : GANOptions
    """

    averaged: tuple[str, ...] = ("generator",)
    seeing: tuple[str, ...] = ("discriminator",)

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, options: GANOptions
    ) -> None:
        self.options = options
        self.loss = LOSSES[options.loss]
        self.networks = nn.ModuleDict(
            {"generator": generator, "discriminator": discriminator}
        )
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(
                network.parameters(), betas=(0.0, BETA_2[0]), fused=True
            )
            for name, network in self.networks.items()
        }
        self._frechet: FrechetScore | None = None
        self._private = False

    def make_private(self) -> None:
        """Show images to the discriminator alone, without a penalty."""
        self.options = replace(self.options, penalty="none")
        self._private = True

    def step(
        self, images: Tensor, labels: Tensor | None, context: StepContext
    ) -> dict[str, Tensor]:
        """Update the discriminator, then the generator."""
        labels = labels if self.options.n_classes else None
        if self._private:
            return self._private_step(images, labels, context)
        generator = self.networks["generator"].train()
        with context.autocast():
            fake = generator(
                context.normal(len(images), self.options.latent_dim), labels
            )
        augmented = self.options.augment
        return self.play(
            2 * images - 1, fake.float(), labels, context, augmented=augmented
        )

    def play(
        self,
        real: Tensor,
        fake: Tensor,
        labels: Tensor | None,
        context: StepContext,
        *,
        added: Tensor | float = 0.0,
        augmented: bool,
    ) -> dict[str, Tensor]:
        """Update both networks on real and generated images (B, C, H, W) in −1..1.

        ``added`` is added to the generator's loss.
        """
        self._schedule(context)
        if augmented:
            real, fake = augment(real, context), augment(fake, context)
        on_real, found = self._update_discriminator(
            real, fake.detach(), labels, context
        )
        return found | self._update_generator(on_real, fake, labels, context, added)

    def score(self, networks: nn.ModuleDict, held_out: ImageSet) -> dict[str, float]:
        """Return the Fréchet distance to real images, in random features."""
        if self._frechet is None:
            device = next(networks.parameters()).device
            by_class = bool(self.options.n_classes)
            self._frechet = FrechetScore(held_out, by_class, device)
        labels = self._frechet.labels if self.options.n_classes else None
        n = self._frechet.n
        return self._frechet.score(self._images(networks, n, labels))

    def skill(self, score: float, held_out: ImageSet) -> float | None:
        """Return the skill of a distance; one average image has about 0."""
        return None if self._frechet is None else self._frechet.skill(score)

    def sample_grid(self, networks: nn.ModuleDict, n: int) -> NDArray[np.uint8]:
        """Generate images from the same noise each time; classes alternate."""
        labels = None
        if self.options.n_classes:
            labels = torch.arange(n) % self.options.n_classes
        return self._images(networks, n, labels)

    def _images(
        self, networks: nn.ModuleDict, n: int, labels: Tensor | None
    ) -> NDArray[np.uint8]:
        noise = torch.from_numpy(normal(GRID_SEED, n, self.options.latent_dim))
        device = next(networks.parameters()).device
        draw: Callable[..., Tensor] = networks["generator"]
        return to_numpy((batched(draw, noise, labels, device=device) + 1) / 2)

    def _private_step(
        self, images: Tensor, labels: Tensor | None, context: StepContext
    ) -> dict[str, Tensor]:
        """Take a step in which images act on the discriminator's noisy gradient alone.

        Its loss is a mean over real images plus one over generated ones. Gradients of
        the first are clipped and get noise. The second, and the generator's step, are
        post-processing, with as many generated images as a public constant says and of
        random classes. They are drawn before the number of private images decides how
        much is drawn.
        """
        privacy, optimiser = context.privacy, self.optimisers["discriminator"]
        assert privacy is not None
        self._schedule(context)
        with privacy.paused():
            fake, classes = self._generate(context)
        real = 2 * images - 1
        if self.options.augment:
            real = augment(real, context)
        discriminator = self.networks["discriminator"]
        on_real = discriminator(real, labels)
        nothing = on_real.detach()[:1] * 0
        self.loss.discriminator(on_real, nothing).backward()
        privacy.release(optimiser)
        with privacy.paused():
            on_fake = discriminator(fake.detach(), classes)
            self.loss.discriminator(nothing, on_fake).backward()
            context.update(optimiser)
            return self._update_generator(on_fake.detach(), fake, classes, context)

    def _generate(self, context: StepContext) -> tuple[Tensor, Tensor | None]:
        """Return generated images, and the random classes they were generated for."""
        n, n_classes = context.n_images, self.options.n_classes
        classes = None
        if n_classes:
            classes = (context.uniform(n) * n_classes).long().clamp(max=n_classes - 1)
        generator = self.networks["generator"].train()
        fake = generator(context.normal(n, self.options.latent_dim), classes)
        if self.options.augment:
            fake = augment(fake, context)
        return fake, classes

    def _update_discriminator(
        self, real: Tensor, fake: Tensor, labels: Tensor | None, context: StepContext
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take a step of the discriminator; return its logits of real images too."""
        discriminator = self.networks["discriminator"]
        with context.autocast():
            judged = discriminator(real, labels), discriminator(fake, labels)
        on_real, on_fake = (logits.float() for logits in judged)
        loss = self.loss.discriminator(on_real, on_fake)
        found = {
            "loss_discriminator": loss.detach(),
            "logit_gap": (on_real - on_fake).mean().detach(),
        }
        if self.options.penalty != "none" and context.step % self.options.every == 0:
            loss = loss + self.options.every * self._penalty(
                real, fake, labels, context
            )
        loss.backward()
        context.update(self.optimisers["discriminator"])
        return on_real.detach(), found

    def _update_generator(
        self,
        on_real: Tensor,
        fake: Tensor,
        labels: Tensor | None,
        context: StepContext,
        added: Tensor | float = 0.0,
    ) -> dict[str, Tensor]:
        """Take a step of the generator on images that it has generated.

        The relativistic loss compares their logits with those of real images, which are
        taken from before the discriminator's step: computing them again is up to a
        tenth of the work, and the step hardly changes them.
        """
        # Gradients of the discriminator's weights are not needed: they would be a third
        # of the work of this step.
        discriminator = self.networks["discriminator"].requires_grad_(False)
        with context.autocast():
            on_fake = discriminator(fake, labels).float()
        loss = self.loss.generator(on_real, on_fake)
        (loss + added).backward()
        discriminator.requires_grad_(True)
        context.update(self.optimisers["generator"])
        return {"loss_generator": loss.detach()}

    def _penalty(
        self, real: Tensor, fake: Tensor, labels: Tensor | None, context: StepContext
    ) -> Tensor:
        """Return the weighted penalty, in float32 for the precision of differences."""

        def judge(images: Tensor) -> Tensor:
            logits: Tensor = self.networks["discriminator"](images, labels)
            return logits

        gamma = self.options.gamma * _fall(context.progress, FINAL_PENALTY)
        match self.options.penalty:
            case "r1r2":
                both = penalties.squared_gradient(judge, real)
                both = both + penalties.squared_gradient(judge, fake)
                return gamma / 2 * both
            case "r1":
                return gamma / 2 * penalties.squared_gradient(judge, real)
            case "finite":
                noise = context.normal(*real.shape)
                both = penalties.finite_difference(judge, real, noise)
                both = both + penalties.finite_difference(judge, fake, noise)
                return gamma / 2 * both
            case _:
                share = context.uniform(len(real), *(1,) * (real.ndim - 1))
                return self.options.gamma * penalties.gradient_norm(
                    judge, real, fake, share
                )

    def _schedule(self, context: StepContext) -> None:
        """Set the learning rate and Adam's β₂."""
        rate = context.learning_rate * _fall(context.progress, FINAL_RATE)
        beta = BETA_2[1] - (BETA_2[1] - BETA_2[0]) * _fall(context.progress, 0.0)
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"], group["betas"] = rate, (0.0, beta)


def _fall(progress: float, final: float) -> float:
    """Return half a cosine from 1 to ``final``."""
    return final + (1 - final) * (1 + cos(pi * progress)) / 2
