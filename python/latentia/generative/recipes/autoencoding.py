"""What the recipes of both autoencoders share."""

from __future__ import annotations

from math import cos, pi

import torch
from torch import Tensor, nn

from latentia.generative.data import ImageSet
from latentia.generative.training.recipe import StepContext

WARM_UP, WARM_UP_SHARE = 100, 0.1
"""Steps in which the learning rate grows to its maximum; in a short training this share
of its steps, as the warm-up would not end otherwise."""

BETAS = (0.9, 0.99)
"""β₁ and β₂ of Adam."""

N_SCORED = 2048
"""Most images that a score is computed on while training."""


def set_rate(optimiser: torch.optim.Optimizer, context: StepContext) -> None:
    """Set the learning rate: linear warm-up, times half a cosine that ends at 0."""
    warm = max((context.step + 1) / WARM_UP, context.progress / WARM_UP_SHARE)
    rate = context.learning_rate * min(1.0, warm)
    for group in optimiser.param_groups:
        group["lr"] = rate * (1 + cos(pi * context.progress)) / 2


def scored(held_out: ImageSet) -> Tensor:
    """Return images that are evenly spread over the set, always the same."""
    n = len(held_out)
    return held_out.images[torch.arange(0, n, -(-n // N_SCORED))]


def device_of(networks: nn.ModuleDict) -> torch.device:
    """Return the device of networks."""
    return next(networks.parameters()).device
