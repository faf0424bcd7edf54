"""The evidence lower bound (ELBO) and its parts, of networks.

q(z | x) = N(μ, diag σ²), whose parameters the encoder returns as (B, 2 · latent_dim):
means, then log-variances; p(z) = N(0, I). Everything in nats, shape (B,).
"""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from latentia.generative.recipes.likelihoods import Likelihood

_LOG_VARIANCES = (-20.0, 10.0)
"""Range to which log-variances are clipped: float32 gradients overflow beyond it."""


def posterior(encoded: Tensor) -> tuple[Tensor, Tensor]:
    """Split the encoder's output into means and log-variances, in float32."""
    mean, log_variance = encoded.float().chunk(2, dim=1)
    return mean, log_variance.clamp(*_LOG_VARIANCES)


def draw(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Return z = μ + σ ε."""
    return mean + (log_variance / 2).exp() * noise


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(q ‖ p) = ½ Σ (μ² + σ² − log σ² − 1)."""
    terms = mean.square() + log_variance.exp() - log_variance - 1
    return terms.sum(1) / 2


def bound(
    networks: nn.ModuleDict, encoded: Tensor, images: Tensor, noise: Tensor
) -> Tensor:
    """Return the ELBO, log p(x | z) − KL(q ‖ p), at one z for the noise (B, d)."""
    mean, log_variance = posterior(encoded)
    likelihood: Likelihood = networks["likelihood"]  # type: ignore[assignment]
    output = networks["decoder"](draw(mean, log_variance, noise))
    return likelihood.log_density(output, images) - divergence(mean, log_variance)


def log_weight(
    networks: nn.ModuleDict, encoded: Tensor, images: Tensor, noise: Tensor
) -> Tensor:
    """Return log p(x | z) p(z) / q(z | x) at one z for the noise (B, d).

    The logarithm of the mean over k draws is the importance-weighted bound: Burda,
    Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016.
    """
    mean, log_variance = posterior(encoded)
    likelihood: Likelihood = networks["likelihood"]  # type: ignore[assignment]
    z = draw(mean, log_variance, noise)
    density = likelihood.log_density(networks["decoder"](z), images)
    prior = -(z.square() + log(2 * pi)).sum(1) / 2
    own = -(noise.square() + log_variance + log(2 * pi)).sum(1) / 2
    return density + prior - own
