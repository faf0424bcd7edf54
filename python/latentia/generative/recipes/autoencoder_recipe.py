"""What the recipes of both autoencoders share: the second stage, scores, samples."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.generative.data import ImageSet, to_numpy
from latentia.generative.latent.component_selection import sampled_components
from latentia.generative.latent.noise import normal
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.prior_fitting import fit_prior
from latentia.generative.networks.inference import batched
from latentia.generative.recipes.autoencoding import device_of, scored
from latentia.generative.recipes.frechet_score import FrechetScore
from latentia.generative.recipes.sharpening import (
    LEAST_ERROR,
    RATE,
    DevicePrior,
    Sharpening,
)
from latentia.generative.training.recipe import Recipe, StepContext

LEAST_STEPS = 1000
"""Steps of the first stage, below which there is no second."""

DECIDED = 0.1
"""Progress at which it is decided whether there is a second stage."""

COMPONENTS = 50
"""Gaussians of the codes that the second stage draws, if there are codes enough. As
many as samples are drawn from take longer to fit, and images are no better."""

_FIRST_ERRORS = ("first_error", "first_held_out_error")


class AutoencoderRecipe(Recipe):
    """Recipe of an encoder and a decoder, in one stage or two.

    Parameters
    ----------
    networks : nn.ModuleDict
        "encoder" (B, C, H, W) → (B, …), and "decoder" back from codes (B, latent_dim).
        With "discriminator" there is a second stage, see ``recipes/sharpening.py``.
    latent_dim : int
    sharpen : float
        Share of the training that is the second stage.
    error_limit : float
        Decoders whose squared error on held-out images is larger than this multiple of
        that of the first stage, on the same images, are not chosen.
    mixture : bool
        Whether samples are drawn from a mixture fitted to codes, or from N(0, I).

    Attributes
    ----------
    error : float
        Squared error of the images of the last score.
    """

    averaged: tuple[str, ...] = ("encoder", "decoder")
    fresh: tuple[str, ...] = ("discriminator",)
    seeing: tuple[str, ...] = ("encoder", "decoder")

    def __init__(
        self,
        networks: nn.ModuleDict,
        latent_dim: int,
        *,
        sharpen: float,
        error_limit: float,
        mixture: bool = True,
    ) -> None:
        self.networks, self.latent_dim = networks, latent_dim
        self.sharpen, self.error_limit = sharpen, error_limit
        self.mixture = mixture
        adam = self.make_optimiser()
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adam": adam}
        self.second: Sharpening | None = None
        if sharpen:
            self.second = Sharpening(networks["decoder"], networks["discriminator"])
            self.optimisers |= self.second.game.optimisers
            # 0 in the first stage. Buffers, so that they are in checkpoints.
            for name in _FIRST_ERRORS:
                networks["discriminator"].register_buffer(name, torch.zeros(1))
        self._planned: float | None = None
        self._begun: bool | None = None
        self._encoded: Tensor | None = None
        self._frechet: FrechetScore | None = None
        self.error = 0.0

    # What each autoencoder defines.

    @abstractmethod
    def make_optimiser(self) -> torch.optim.Optimizer:
        """Return the optimiser of the first stage."""

    @abstractmethod
    def code(self, encoded: Tensor, noise: Tensor) -> Tensor:
        """Return codes (B, latent_dim) of the encoder's output, and noise like them."""

    @abstractmethod
    def image(self, networks: nn.ModuleDict, output: Tensor) -> Tensor:
        """Return images (B, C, H, W), about 0..1, of the decoder's output."""

    @abstractmethod
    def first_step(self, images: Tensor, context: StepContext) -> dict[str, Tensor]:
        """Take a step of the first stage, whose progress is that of the context."""

    @abstractmethod
    def first_score(self, networks: nn.ModuleDict, images: Tensor) -> float:
        """Return what the first stage minimises, on uint8 images."""

    # Two stages.

    def _first_errors(self) -> list[Tensor]:
        """Return the squared errors at the start of the second stage; before it 0.

        That of training images is E₁. That of held-out images, which is larger, is what
        ``error_limit`` multiplies.
        """
        discriminator = self.networks["discriminator"]
        return [discriminator.get_buffer(name) for name in _FIRST_ERRORS]

    def _has_begun(self) -> bool:
        """Tell whether there was a second stage, also before a resume.

        Remembered, as the device would have to wait in every step.
        """
        if self._begun is None:
            self._begun = self.second is not None and bool(self._first_errors()[0])
        return self._begun

    def stage_is_due(self, step: int, progress: float) -> bool:
        """Tell whether the first stage has had its share."""
        if self.second is None or self.second.prior is not None:
            return False
        return self._begins(step, progress) <= progress < 1

    def stage_is_ahead(self, step: int, progress: float) -> bool:
        """Tell whether there is a second stage that has never begun."""
        if self.second is None or self._has_begun():
            return False
        return self._begins(step, progress) < 1

    def _begins(self, step: int, progress: float) -> float:
        """Return the progress at which the second stage begins; 1 if there is none.

        A first stage of few steps would be cut short: its squared error still falls.
        Within a given time their number is an estimate: it is decided once. What has
        begun goes on, though its steps, which are slower, lower the estimate.
        """
        if self.second is None:
            return 1.0
        begins = 1 - self.sharpen
        if self._has_begun():
            return begins
        if self._planned is not None:
            return self._planned
        n_steps = round(step / progress) if progress else inf
        found = begins if begins * n_steps >= LEAST_STEPS else 1.0
        if progress >= DECIDED:
            self._planned = found
        return found

    def remark(self, best_step: int, stage_step: int) -> str | None:
        """Tell that there was no second stage, or that it made nothing better."""
        if self.second is None:
            return None
        if not self._has_begun():
            return (
                "the second stage, in which a discriminator sharpens images, was left "
                f"out: the first would have had fewer than {LEAST_STEPS} steps; train "
                "longer, or with sharpen=0"
            )
        if best_step <= stage_step:
            return (
                "no decoder of the second stage was better, so that of the first is "
                "kept"
            )
        return None

    def begin_stage(
        self, averaged: nn.ModuleDict, data: ImageSet, held_out: ImageSet
    ) -> str | None:
        """Begin the second stage with the averages of the first, or continue it."""
        assert self.second is not None
        errors = self._first_errors()
        first, self._begun = not self._has_begun(), True
        if first:
            for name in self.averaged:
                self.networks[name].load_state_dict(averaged[name].state_dict())
            for error, images in zip(errors, (data, held_out), strict=True):
                found, _ = self.reconstruct(averaged, scored(images))
                error.fill_(max(found, LEAST_ERROR))
        prior = self._second_prior(averaged, data)
        self.second.prior = DevicePrior.of(prior, device_of(averaged))
        return "the decoder is now trained against a discriminator" if first else None

    def _second_prior(self, averaged: nn.ModuleDict, data: ImageSet) -> MixturePrior:
        """Return the prior whose draws the second stage decodes."""
        if not self.mixture:
            return MixturePrior.standard(self.latent_dim)
        codes = self.codes(averaged, data.images).double().numpy()
        k = min(COMPONENTS, sampled_components(*codes.shape))
        return fit_prior(codes, k, "full", 0).prior

    def codes(self, networks: nn.ModuleDict, images: Tensor) -> Tensor:
        """Return the codes of images to which a mixture is fitted (n, latent_dim)."""
        noise = torch.from_numpy(normal(0, len(images), self.latent_dim))

        def encode(images: Tensor, noise: Tensor) -> Tensor:
            return self.code(networks["encoder"](images), noise)

        return batched(encode, images, noise, device=device_of(networks))

    def make_private(self) -> None:
        """Leave out the second stage; in the first images only act on gradients."""
        self.second, self.sharpen = None, 0.0
        if "discriminator" in self.networks:
            del self.networks["discriminator"]
        self.optimisers = {"adam": self.optimisers["adam"]}

    def step(
        self, images: Tensor, labels: Tensor | None, context: StepContext
    ) -> dict[str, Tensor]:
        """Take a step of the stage."""
        if self.second is not None and self.second.prior is not None:
            progress = 1 - (1 - context.progress) / self.sharpen
            rate = RATE * context.learning_rate
            context = replace(context, progress=progress, learning_rate=rate)
            return self._second_step(self.second, images, context)
        if self.second is not None:
            # Set if a training that had its second stage is resumed for so much longer
            # that the first one goes on; the second then begins anew.
            for error in self._first_errors():
                error.zero_()
            self._begun = False
        begins = self._begins(context.step, context.progress)
        first = min(1.0, context.progress / begins)
        return self.first_step(images, replace(context, progress=first))

    def _second_step(
        self, second: Sharpening, images: Tensor, context: StepContext
    ) -> dict[str, Tensor]:
        """Decode codes of half the images, and draws of the prior for the others."""
        coded = images[: len(images) - len(images) // 2]
        drawn = second.draw(len(images) - len(coded), context)
        noise = context.normal(len(coded), self.latent_dim)
        with context.autocast():
            with torch.no_grad():
                codes = self.code(self.networks["encoder"](coded), noise)
            output = self.networks["decoder"](torch.cat([codes.float(), drawn]))
        output = output.float()
        self.observe(output[: len(coded)], coded, context)
        decoded = self.image(self.networks, output)
        first_error, _ = self._first_errors()
        return second.step(images, decoded, len(coded), first_error, context)

    def observe(self, output: Tensor, images: Tensor, context: StepContext) -> None:
        """Note what the decoder returns for codes of images, in both stages."""

    # Scores and samples.

    def allows(self, scores: dict[str, Any]) -> bool:
        """Tell whether the squared error has not grown too much for a decoder."""
        if self.second is None:
            return True
        first = float(self._first_errors()[1])
        # Rounded as the first one is: with a limit of 1 its own decoder is kept.
        error = np.float32(scores.get("held_out_error", 0.0))
        return not first or bool(error <= self.error_limit * first)

    def score(self, networks: nn.ModuleDict, held_out: ImageSet) -> dict[str, float]:
        """Score reconstructions.

        With one stage by what it minimises. That is blind to blur: with a second stage
        the score is their Fréchet distance to the images, and infinite where the
        squared error has grown too much.
        """
        images = scored(held_out)
        self.error, output = self.reconstruct(networks, images)
        loss = self.first_score(networks, images)
        if self.second is None:
            return {"score": loss}
        if self._frechet is None:
            self._frechet = FrechetScore(held_out, False, device_of(networks))
        distance = self._frechet.score(to_numpy(output))["score"]
        scores = {
            "score": distance,
            "frechet_distance": distance,
            "held_out_error": self.error,
            "held_out_loss": loss,
        }
        return scores if self.allows(scores) else scores | {"score": inf}

    def sample_grid(self, networks: nn.ModuleDict, n: int) -> NDArray[np.uint8]:
        """Sample from a mixture fitted to the codes of the last score.

        From N(0, I) if that is the prior, or if there is no score, which a private
        training does not compute.
        """
        drawn = torch.from_numpy(normal(0, n, self.latent_dim))
        if self._encoded is not None and self.mixture:
            noise = torch.from_numpy(normal(0, len(self._encoded), self.latent_dim))
            codes = self.code(self._encoded, noise).double().numpy()
            prior, _ = fit_prior(codes, "samples", "full", 0)
            drawn = torch.from_numpy(prior.sample(0, n))
        return to_numpy(self._decode(networks, drawn))

    def reconstruct(
        self, networks: nn.ModuleDict, images: Tensor
    ) -> tuple[float, Tensor]:
        """Return the squared error of uint8 images, and the reconstructions in 0..1.

        The error is summed over pixels, mean over images.
        """
        encoded = batched(networks["encoder"], images, device=device_of(networks))
        self._encoded = encoded
        output = self._decode(networks, encoded[:, : self.latent_dim])
        errors = (output - images.float() / 255).square().flatten(1).sum(1)
        return float(errors.double().mean()), output

    def _decode(self, networks: nn.ModuleDict, codes: Tensor) -> Tensor:
        def decode(codes: Tensor) -> Tensor:
            return self.image(networks, networks["decoder"](codes))

        return batched(decode, codes, device=device_of(networks)).clamp(0, 1)
