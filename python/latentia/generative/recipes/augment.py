"""Random changes of real and generated images before the discriminator sees them.

They keep the discriminator from memorising a small data set. The generator does not
learn them as long as none is certain. Zhao et al., "Differentiable augmentation for
data-efficient GAN training", NeurIPS 2020. Images are not mirrored, because digits and
letters must not be.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentia.generative.training.recipe import StepContext


def augment(images: Tensor, context: StepContext) -> Tensor:
    """Return images (B, C, H, W) with random brightness, shifts and cut-outs."""
    return _cut_out(_shift(_brighten(images, context), context), context)


def _brighten(images: Tensor, context: StepContext) -> Tensor:
    """Add up to ±0.5 to all pixels, and scale the contrast by ½ to 3/2."""
    n = len(images)
    added = context.uniform(n, 1, 1, 1) - 0.5
    factor = context.uniform(n, 1, 1, 1) + 0.5
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (images - mean) * factor + mean + added


def _shift(images: Tensor, context: StepContext) -> Tensor:
    """Shift by up to an eighth of the sides; the border is repeated."""
    n, _, height, width = images.shape
    part = (2 * context.uniform(n, 2) - 1) / 8
    down, right = (part[:, 0] * height).round(), (part[:, 1] * width).round()
    device = images.device
    rows = torch.arange(height, device=device) - down[:, None].long()
    columns = torch.arange(width, device=device) - right[:, None].long()
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    batch = torch.arange(n, device=device)
    moved = images.permute(0, 2, 3, 1)[
        batch[:, None, None], rows[:, :, None], columns[:, None, :]
    ]
    return moved.permute(0, 3, 1, 2)


def _cut_out(images: Tensor, context: StepContext) -> Tensor:
    """Set a rectangle of half the sides at a random place to mid-grey."""
    n, _, height, width = images.shape
    down, right = context.uniform(n, 2).unbind(1)
    rows = _near(down, height)[:, None, :, None]
    columns = _near(right, width)[:, None, None, :]
    return images * ~(rows & columns)


def _near(centre: Tensor, side: int) -> Tensor:
    """Return which of ``side`` pixels are within a quarter of it from the centres."""
    place = torch.arange(side, device=centre.device)
    return (place - centre[:, None] * side).abs() < side / 4
