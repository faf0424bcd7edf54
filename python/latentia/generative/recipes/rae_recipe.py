"""The recipe of a regularised autoencoder: penalised codes and decoder weights."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.generative.data import ImageSet, to_numpy
from latentia.generative.latent.noise import normal
from latentia.generative.latent.prior_fitting import fit_prior
from latentia.generative.networks.inference import batched
from latentia.generative.recipes.autoencoding import device_of, scored, set_rate
from latentia.generative.recipes.average_image import moments
from latentia.generative.recipes.frechet_score import FrechetScore
from latentia.generative.recipes.sharpening import (
    LEAST_ERROR,
    RATE,
    DevicePrior,
    Sharpening,
)
from latentia.generative.training.recipe import Recipe, StepContext

DECODER_L2 = 1e-2
"""Weight decay of the decoder (AdamW), in the place of the article's L2 penalty.
Without it codes could shrink while the decoder's weights grow."""

LEAST_STEPS = 1000
"""Steps of the first stage, below which there is no second."""

_BETAS = (0.9, 0.99)


class RAERecipe(Recipe):
    """Recipe of an encoder and a decoder.

    Parameters
    ----------
    networks : nn.ModuleDict
        "encoder" (B, C, H, W) → (B, latent_dim), and "decoder" back. With
        "discriminator" there is a second stage, see ``recipes/sharpening.py``.
    latent_dim : int
    beta : float
        β of ‖x − f(z)‖² + β/2 ‖z‖².
    sharpen : float
        Share of the training that is the second stage.
    error_limit : float
        Decoders whose squared error on held-out images is larger than this multiple of
        that of the first stage are not chosen.
    """

    averaged: tuple[str, ...] = ("encoder", "decoder")
    fresh: tuple[str, ...] = ("discriminator",)
    seeing: tuple[str, ...] = ("encoder", "decoder")

    def __init__(
        self,
        networks: nn.ModuleDict,
        latent_dim: int,
        beta: float,
        *,
        sharpen: float,
        error_limit: float,
    ) -> None:
        self.networks, self.latent_dim, self.beta = networks, latent_dim, beta
        self.sharpen, self.error_limit = sharpen, error_limit
        encoder, decoder = networks["encoder"], networks["decoder"]
        groups = [
            {"params": encoder.parameters(), "weight_decay": 0.0},
            {"params": decoder.parameters(), "weight_decay": DECODER_L2},
        ]
        adam = torch.optim.AdamW(groups, betas=_BETAS, fused=True)
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adam": adam}
        self.second: Sharpening | None = None
        if sharpen:
            self.second = Sharpening(encoder, decoder, networks["discriminator"])
            self.optimisers |= self.second.game.optimisers
            # E₁ is 0 in the first stage. A buffer, so that it is in checkpoints.
            networks["discriminator"].register_buffer("first_error", torch.zeros(1))
        self._codes: Tensor | None = None
        self._frechet: FrechetScore | None = None
        self._error = 0.0

    @property
    def _first_error(self) -> Tensor:
        """E₁, the squared error at the start of the second stage; before it 0.

        A buffer, so that it is in checkpoints.
        """
        found: Tensor = self.networks["discriminator"].get_buffer("first_error")
        return found

    def stage_is_due(self, step: int, progress: float) -> bool:
        """Tell whether the first stage has had its share."""
        if self.second is None or self.second.prior is not None:
            return False
        return self._begins(step, progress) <= progress < 1

    def _begins(self, step: int, progress: float) -> float:
        """Return the progress at which the second stage begins; 1 if there is none.

        A first stage of few steps would be cut short: its squared error still falls.
        """
        n_steps = round(step / progress) if progress else inf
        begins = 1 - self.sharpen
        return begins if begins * n_steps >= LEAST_STEPS else 1.0

    def begin_stage(self, averaged: nn.ModuleDict, data: ImageSet) -> str | None:
        """Begin the second stage with the averages of the first, or continue it."""
        assert self.second is not None
        first = not self._first_error
        if first:
            for name in self.averaged:
                self.networks[name].load_state_dict(averaged[name].state_dict())
            error, _ = self._reconstruct(averaged, scored(data))
            self._first_error.fill_(max(error, LEAST_ERROR))
        self.second.prior = DevicePrior.of_codes(averaged["encoder"], data)
        return "the decoder is now trained against a discriminator" if first else None

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
            return self.second.step(images, self._first_error, context)
        begins = self._begins(context.step, context.progress)
        first = min(1.0, context.progress / begins)
        return self._first_step(images, replace(context, progress=first))

    def _first_step(self, images: Tensor, context: StepContext) -> dict[str, Tensor]:
        """Take a step on the squared error, summed over pixels, mean over images."""
        adam = self.optimisers["adam"]
        set_rate(adam, context)
        with context.autocast():
            codes = self.networks["encoder"](images)
            output = self.networks["decoder"](codes)
        error = _squares(output.float() - images).mean()
        size = _squares(codes.float()).mean()
        loss = error + self.beta / 2 * size
        loss.backward()  # type: ignore[no-untyped-call]
        context.update(adam)
        return {"squared_error": error.detach(), "squared_code": size.detach()}

    def score(self, networks: nn.ModuleDict, held_out: ImageSet) -> dict[str, float]:
        """Score reconstructions: their squared error per image, which is blind to blur.

        With a second stage the score is their Fréchet distance to the images instead,
        and infinite where the squared error has grown too much.
        """
        self._error, output = self._reconstruct(networks, scored(held_out))
        if self.second is None:
            return {"score": self._error}
        if self._frechet is None:
            self._frechet = FrechetScore(held_out, False, device_of(networks))
        distance = self._frechet.score(to_numpy(output))["score"]
        first = float(self._first_error)
        kept = not first or self._error <= self.error_limit * first
        return {
            "score": distance if kept else inf,
            "frechet_distance": distance,
            "held_out_error": self._error,
        }

    def skill(self, score: float, held_out: ImageSet) -> float | None:
        """Compare the last squared error with that of one average image."""
        _, variance = moments(scored(held_out))
        return 1 - self._error / variance if variance > 0 else None

    def sample_grid(self, networks: nn.ModuleDict, n: int) -> NDArray[np.uint8]:
        """Sample from a mixture fitted to the codes of the last score.

        Without a score, which a private training does not compute, from N(0, I).
        """
        if self._codes is None:
            codes = torch.from_numpy(normal(0, n, self.latent_dim))
        else:
            prior, _ = fit_prior(self._codes.double().numpy(), "auto", "full", 0)
            codes = torch.from_numpy(prior.sample(0, n))
        return to_numpy(batched(networks["decoder"], codes, device=device_of(networks)))

    def _reconstruct(
        self, networks: nn.ModuleDict, images: Tensor
    ) -> tuple[float, Tensor]:
        """Return the squared error per image, and the reconstructions."""
        device = device_of(networks)
        self._codes = batched(networks["encoder"], images, device=device)
        output = batched(networks["decoder"], self._codes, device=device).clamp(0, 1)
        errors = _squares(output - images.float() / 255)
        return float(errors.double().mean()), output


def _squares(rows: Tensor) -> Tensor:
    """Return ‖·‖² of each row."""
    return rows.square().flatten(1).sum(1)
