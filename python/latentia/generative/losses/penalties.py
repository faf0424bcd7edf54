"""Penalties on the discriminator's gradient with respect to the images.

``discriminator`` maps images (B, ...) to logits (B,); every result is one number, the
mean over the batch, through which gradients flow to the discriminator's weights.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Discriminator = Callable[[Tensor], Tensor]

STEP = 0.01
"""Standard deviation of the step of finite differences, in images of −1..1."""


def squared_gradient(discriminator: Discriminator, images: Tensor) -> Tensor:
    """Return E ‖∇D(x)‖²: R1 on real images, R2 on generated ones.

    Mescheder et al., "Which training methods for GANs do actually converge?",
    ICML 2018.
    """
    gradient = _gradient(discriminator, images)
    return gradient.square().flatten(1).sum(1).mean()


def finite_difference(
    discriminator: Discriminator, images: Tensor, noise: Tensor
) -> Tensor:
    """Return an estimate of E ‖∇D(x)‖² that needs no second derivative.

    E_ε (D(x + σε) − D(x − σε))² / (4σ²) = ‖∇D(x)‖² + O(σ²) for standard normal ε.
    """
    above, below = images + STEP * noise, images - STEP * noise
    slope = (discriminator(above) - discriminator(below)) / (2 * STEP)
    return slope.square().mean()


def gradient_norm(
    discriminator: Discriminator, real: Tensor, fake: Tensor, share: Tensor
) -> Tensor:
    """Return E (‖∇D(x̂)‖ − 1)² at x̂ = real + share · (generated − real).

    Gulrajani et al., "Improved training of Wasserstein GANs", NeurIPS 2017.
    """
    gradient = _gradient(discriminator, torch.lerp(real, fake, share))
    norms: Tensor = gradient.flatten(1).norm(dim=1)
    return (norms - 1).square().mean()


def _gradient(discriminator: Discriminator, images: Tensor) -> Tensor:
    images = images.detach().requires_grad_()
    total = discriminator(images).sum()
    gradient: Tensor
    (gradient,) = torch.autograd.grad(total, images, create_graph=True)
    return gradient
