"""The recipe of a regularised autoencoder: penalised codes and decoder weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from latentia.generative.data import ImageSet
from latentia.generative.recipes.autoencoder_recipe import AutoencoderRecipe
from latentia.generative.recipes.autoencoding import BETAS, scored, set_rate
from latentia.generative.recipes.average_image import moments
from latentia.generative.training.recipe import StepContext

DECODER_L2 = 1e-2
"""Weight decay of the decoder (AdamW), in the place of the article's L2 penalty.
Without it codes could shrink while the decoder's weights grow."""


class RAERecipe(AutoencoderRecipe):
    """Recipe of an autoencoder without noise.

    Parameters
    ----------
    networks : nn.ModuleDict
    latent_dim : int
    beta : float
        β of ‖x − f(z)‖² + β/2 ‖z‖².
    sharpen, error_limit : float
        As of ``AutoencoderRecipe``.
    """

    def __init__(
        self,
        networks: nn.ModuleDict,
        latent_dim: int,
        beta: float,
        *,
        sharpen: float,
        error_limit: float,
    ) -> None:
        super().__init__(networks, latent_dim, sharpen=sharpen, error_limit=error_limit)
        self.beta = beta

    def make_optimiser(self) -> torch.optim.Optimizer:
        """Return an optimiser with weight decay of the decoder."""
        encoder, decoder = self.networks["encoder"], self.networks["decoder"]
        groups = [
            {"params": encoder.parameters(), "weight_decay": 0.0},
            {"params": decoder.parameters(), "weight_decay": DECODER_L2},
        ]
        return torch.optim.AdamW(groups, betas=BETAS, fused=True)

    def code(self, encoded: Tensor, noise: Tensor) -> Tensor:
        """Return the encoder's output: there is no noise."""
        return encoded

    def image(self, networks: nn.ModuleDict, output: Tensor) -> Tensor:
        """Return the decoder's output."""
        return output

    def first_step(self, images: Tensor, context: StepContext) -> dict[str, Tensor]:
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

    def first_score(self, networks: nn.ModuleDict, images: Tensor) -> float:
        """Return the squared error of the last reconstructions."""
        return self.error

    def skill(self, score: float, held_out: ImageSet) -> float | None:
        """Compare the last squared error with that of one average image."""
        _, variance = moments(scored(held_out))
        return 1 - self.error / variance if variance > 0 else None


def _squares(rows: Tensor) -> Tensor:
    """Return ‖·‖² of each row."""
    return rows.square().flatten(1).sum(1)
