"""The second stage of an autoencoder: its decoder against a discriminator.

A decoder that minimises squared errors returns the mean of the images that a code can
stand for, which is blurred. In this stage the encoder does not change, so that codes
and their mixture stay what they are. One half of a batch decodes codes e(x) of training
images, the other half draws z of the mixture:

    min_f max_D  −E softplus(D(f(z)) − D(x)) + λ E ‖f(e(x)) − x‖²

with the penalties R1 and R2 on D. Larsen et al., "Autoencoding beyond pixels using a
learned similarity metric", ICML 2016; two stages: Dai and Wipf, "Diagnosing and
enhancing VAE models", ICLR 2019; a discriminator for a decoder of fixed codes: Esser et
al., "Taming transformers for high-resolution image synthesis", CVPR 2021.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from latentia.generative.latent.prior import MixturePrior
from latentia.generative.recipes.gan_recipe import GANOptions, GANRecipe
from latentia.generative.training.recipe import StepContext

ERROR_WEIGHT = 0.06
"""λ E₁, of the squared error E₁ at the start: the error's weight does not depend on the
number of pixels and their contrast."""

RATE = 0.3
"""Learning rate as a share of the first stage's."""

LEAST_ERROR = 1e-6
"""E₁ of reconstructions without an error, by which nothing can be divided."""

AUGMENTED = 5000
"""With fewer images than this the discriminator sees them with random changes, so that
it does not memorise them."""


class DevicePrior(NamedTuple):
    """A mixture of Gaussians as float32 tensors on the device of a training."""

    ends: Tensor
    means: Tensor
    factors: Tensor

    @classmethod
    def of(cls, prior: MixturePrior, device: torch.device) -> Self:
        """Copy a prior."""
        parts = prior._replace(weights=prior.weights.cumsum())
        return cls(
            *(torch.from_numpy(part).to(device, torch.float32) for part in parts)
        )

    def draw(self, noise: Tensor) -> Tensor:
        """Return the codes (n, d) of standard normal numbers (n, 1 + d).

        The first of a row chooses the component.
        """
        place = torch.special.ndtr(noise[:, 0].contiguous()) * self.ends[-1]
        component = torch.searchsorted(self.ends, place).clamp(max=len(self.ends) - 1)
        off = self.factors[component] @ noise[:, 1:, None]
        return self.means[component] + off[:, :, 0]


class Sharpening:
    """A step of the second stage.

    Parameters
    ----------
    decoder : nn.Module
        The network whose weights the stage changes.
    discriminator : nn.Module
        Images in −1..1 → logits.

    Attributes
    ----------
    prior : DevicePrior or None
        Set when the stage has begun.
    """

    def __init__(self, decoder: nn.Module, discriminator: nn.Module) -> None:
        options = GANOptions(
            loss="relativistic",
            penalty="r1r2",
            gamma=0.5,
            every=8,
            augment=False,
            latent_dim=0,
            n_classes=0,
        )
        self.game = GANRecipe(decoder, discriminator, options)
        self.prior: DevicePrior | None = None

    def draw(self, n: int, context: StepContext) -> Tensor:
        """Draw n codes of the prior."""
        assert self.prior is not None
        return self.prior.draw(context.normal(n, 1 + self.prior.means.shape[1]))

    def step(
        self,
        images: Tensor,
        decoded: Tensor,
        n_coded: int,
        first_error: Tensor,
        context: StepContext,
    ) -> dict[str, Tensor]:
        """Update the discriminator, then the decoder.

        Parameters
        ----------
        images : Tensor of shape (B, C, H, W)
            In 0..1.
        decoded : Tensor of shape (B, C, H, W)
            The first are decoded codes of ``images``, the others decoded draws.
        n_coded : int
            How many are the first.
        first_error : Tensor of one number
            E₁, the squared error per image when the stage began.
        context : StepContext
            Its progress is that of this stage.
        """
        off = decoded[:n_coded] - images[:n_coded]
        error = off.square().flatten(1).sum(1).mean()
        found = self.game.play(
            2 * images - 1,
            2 * decoded - 1,
            None,
            context,
            added=ERROR_WEIGHT / first_error * error,
            augmented=context.n_trained < AUGMENTED,
        )
        return found | {"squared_error": error.detach()}
