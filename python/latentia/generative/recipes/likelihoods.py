"""What a decoder's output says of the pixels: p(x | z), a product over pixels.

All take images x (B, C, H, W) in 0..1 and an output f(z) of the same shape, and sum
over channels and pixels, as the evidence bound asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, pi, prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentia.generative.recipes.average_image import cross_entropies, moments

_LEAST_VARIANCE = 1 / (12 * 255**2)
"""Of the error of rounding to 255ths: nothing is known of a pixel beyond it."""


class Gaussian(nn.Module):
    """x ~ N(f(z), σ²) with one σ for all pixels: the σ-VAE.

    σ² is not learnt by gradients but set to the mean squared error of the batch, where
    the likelihood has its maximum; outside of training, its moving average is taken.
    The density is that of pixel values in 0..1.

    The error on few training images is far below that on others. With it as σ² every
    image would get a code that no other one and no draw of the prior comes near to. So
    n images count beside ``latent_dim`` more, at the error of one average image: σ² =
    (n·error + latent_dim·variance) / (n + latent_dim), the mode under a prior of σ².

    References
    ----------
    Rybkin, Daniilidis and Levine, "Simple and effective VAE training with calibrated
    decoders", ICML 2021.
    """

    log_variance: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("log_variance", torch.zeros(()))

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
        """Return the expected image; it may leave 0..1."""
        return output

    def skill(self, score: float, images: Tensor) -> float | None:
        """Return which share of the variance around the mean image a score explains.

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

    A probability where pixels are 0 or 1; for values between, a cross-entropy in the
    place of one.
    """

    def adapt(
        self,
        output: Tensor,
        images: Tensor,
        average: Callable[[list[Tensor]], None],
        prior: float = 0.0,
    ) -> None:
        """Do nothing: there is nothing but the mean."""

    def log_density(self, output: Tensor, images: Tensor) -> Tensor:
        """Return log p(x | z) in nats, shape (B,)."""
        losses = F.binary_cross_entropy_with_logits(output, images, reduction="none")
        return -losses.flatten(1).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        """Return the expected image."""
        return torch.sigmoid(output)

    def skill(self, score: float, images: Tensor) -> float | None:
        """Return how far a score is on the way from the mean image to the images.

        Both ends are cross-entropies; grey values have one with themselves.
        """
        average, least = cross_entropies(images)
        return (average - score) / (average - least) if average > least else None


Likelihood = Gaussian | Bernoulli

LIKELIHOODS: dict[str, type[Likelihood]] = {
    "gaussian": Gaussian,
    "bernoulli": Bernoulli,
}
