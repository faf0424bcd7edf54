"""The recipe of a regularised autoencoder: penalised codes and decoder weights."""

from __future__ import annotations

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
from latentia.generative.training.recipe import StepContext

DECODER_L2 = 1e-2
"""Weight decay of the decoder (AdamW), in the place of the article's L2 penalty.
Without it codes could shrink while the decoder's weights grow."""

_BETAS = (0.9, 0.99)


class RAERecipe:
    """Recipe of an encoder and a decoder.

    Parameters
    ----------
    networks : nn.ModuleDict
        "encoder" (B, C, H, W) → (B, latent_dim), and "decoder" back.
    latent_dim : int
    beta : float
        β of ‖x − f(z)‖² + β/2 ‖z‖².
    """

    averaged: tuple[str, ...] = ("encoder", "decoder")
    seeing: tuple[str, ...] = ("encoder", "decoder")

    def __init__(self, networks: nn.ModuleDict, latent_dim: int, beta: float) -> None:
        self.networks, self.latent_dim, self.beta = networks, latent_dim, beta
        groups = [
            {"params": networks["encoder"].parameters(), "weight_decay": 0.0},
            {"params": networks["decoder"].parameters(), "weight_decay": DECODER_L2},
        ]
        adam = torch.optim.AdamW(groups, betas=_BETAS, fused=True)
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adam": adam}
        self._codes: Tensor | None = None

    def make_private(self) -> None:
        """Do nothing: images only act on gradients."""

    def step(
        self, images: Tensor, labels: Tensor | None, context: StepContext
    ) -> dict[str, Tensor]:
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
        """Return the squared error per image of reconstructions."""
        images, device = scored(held_out), device_of(networks)
        self._codes = batched(networks["encoder"], images, device=device)
        output = batched(networks["decoder"], self._codes, device=device)
        errors = _squares(output.clamp(0, 1) - images.float() / 255)
        return {"score": float(errors.double().mean())}

    def skill(self, score: float, held_out: ImageSet) -> float | None:
        """Compare the squared error with that of one average image."""
        _, variance = moments(scored(held_out))
        return 1 - score / variance if variance > 0 else None

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


def _squares(rows: Tensor) -> Tensor:
    """Return ‖·‖² of each row."""
    return rows.square().flatten(1).sum(1)
