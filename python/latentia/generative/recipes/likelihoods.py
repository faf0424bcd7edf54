"""Likelihoods of pixels given a decoder's output: p(x | z), a product over pixels.

All take images x (B, C, H, W) in 0..1 and an output f(z) of the same shape, and sum
over channels and pixels, as the ELBO needs.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, pi, prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentia.generative.recipes.average_image import cross_entropies, moments

_LEAST_VARIANCE = 1 / (12 * 255**2)
"""Variance of the error of rounding to 255ths, the smallest useful σ²."""

PUBLIC_VARIANCE = 0.02
"""σ² of private trainings: the error of blurred images of digits or clothes."""


class Gaussian(nn.Module):
    """x ~ N(f(z), σ²) with one σ for all pixels: the σ-VAE.

    σ² is not learnt by gradients. It is set to the mean squared error of the batch,
    which maximises the likelihood; outside of training its moving average is used. The
    density is that of pixel values in 0..1.

    With few training images their error is far below that of other images. With it as
    σ², codes would be far from all draws of the prior. Therefore ``latent_dim`` images
    with the error of one average image are added: σ² = (n·error + latent_dim·variance)
    / (n + latent_dim), the mode under a prior of σ².

    References
    ----------
    Rybkin, Daniilidis and Levine, "Simple and effective VAE training with calibrated
    decoders", ICML 2021.
    """

    log_variance: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("log_variance", torch.zeros(()))
        self._fixed = False

    def fix(self) -> None:
        """Keep σ² at a public constant, whatever the images are."""
        self._fixed = True
        self.log_variance.fill_(log(PUBLIC_VARIANCE))

    @torch.no_grad()
    def adapt(
        self,
        output: Tensor,
        images: Tensor,
        average: Callable[[list[Tensor]], None],
        prior: float = 0.0,
    ) -> None:
        """Set σ² to its best value for a batch.

        Parameters
        ----------
        output, images : Tensor of shape (B, C, H, W)
        average : callable
            Replaces tensors by their mean over the processes.
        prior : float, default=0.0
            Share of σ² that is the variance of the images about their mean.
        """
        if self._fixed:
            return
        error, variance = F.mse_loss(output, images), images.var(0, correction=0).mean()
        average([error, variance])
        variance = error.lerp(variance, prior)
        self.log_variance.copy_(variance.clamp(min=_LEAST_VARIANCE).log())

    def log_density(self, output: Tensor, images: Tensor) -> Tensor:
        """Return log p(x | z) in nats, shape (B,)."""
        squares = (images - output).square().flatten(1).sum(1)
        constant = prod(images.shape[1:]) / 2 * (log(2 * pi) + self.log_variance)
        return -(squares / (2 * self.log_variance.exp()) + constant)

    def mean(self, output: Tensor) -> Tensor:
        """Return the expected image; its pixels can be outside of 0..1."""
        return output

    def skill(self, score: float, images: Tensor) -> float | None:
        """Return the share of the variance around the mean image that a score explains.

        −log N(x; mean image, v) = d/2 (log 2πv + 1) at best, with the variance v per
        pixel; a score lower by d/2 · log(v/σ²) is that of an error of σ².

        Parameters
        ----------
        score : float
            Minus the ELBO, in nats per image.
        images : Tensor of uint8, shape (n, C, H, W)
        """
        d = prod(images.shape[1:])
        variance = max(moments(images)[1] / d, _LEAST_VARIANCE)
        average = d / 2 * (log(2 * pi * variance) + 1)
        return 1 - exp(min(2 * (score - average) / d, 700.0))


class Bernoulli(nn.Module):
    """log p(x | z) = Σ x log s + (1 − x) log(1 − s), s = sigmoid(f(z)).

    A log-probability for pixels that are 0 or 1; for other values a cross-entropy.
    """

    def fix(self) -> None:
        """Do nothing: this likelihood has no variance."""

    def adapt(
        self,
        output: Tensor,
        images: Tensor,
        average: Callable[[list[Tensor]], None],
        prior: float = 0.0,
    ) -> None:
        """Do nothing: this likelihood has no variance."""

    def log_density(self, output: Tensor, images: Tensor) -> Tensor:
        """Return log p(x | z) in nats, shape (B,)."""
        losses = F.binary_cross_entropy_with_logits(output, images, reduction="none")
        return -losses.flatten(1).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        """Return the expected image."""
        return torch.sigmoid(output)

    def skill(self, score: float, images: Tensor) -> float | None:
        """Return the skill of a score: 0 for the mean image, 1 for the images.

        Both scores are cross-entropies; that of grey values with themselves is not 0.
        """
        average, least = cross_entropies(images)
        return (average - score) / (average - least) if average > least else None


Likelihood = Gaussian | Bernoulli

LIKELIHOODS: dict[str, type[Likelihood]] = {
    "gaussian": Gaussian,
    "bernoulli": Bernoulli,
}
