"""Changes that real and generated images go through alike before they are judged.

A discriminator that never sees an image as it is cannot learn few images by heart, and
as long as no change is certain the generator does not learn the changes. Zhao et al.,
"Differentiable augmentation for data-efficient GAN training", NeurIPS 2020. Nothing is
mirrored: digits and letters are not what they are in a mirror.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentia.generative.training.recipe import StepContext


def augment(images: Tensor, context: StepContext) -> Tensor:
    """Return images (B, C, H, W) brighter, shifted, and with a part cut out."""
    return _cut_out(_shift(_brighten(images, context), context), context)


def _brighten(images: Tensor, context: StepContext) -> Tensor:
    """Add up to ±0.5 to all pixels, and stretch the contrast by ½ to 3/2."""
    n = len(images)
    added = context.uniform(n, 1, 1, 1) - 0.5
    factor = context.uniform(n, 1, 1, 1) + 0.5
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (images - mean) * factor + mean + added


def _shift(images: Tensor, context: StepContext) -> Tensor:
    """Move by up to an eighth of the sides; what comes in is the border, repeated."""
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
    """Set a rectangle of half the sides, wherever it falls, to mid-grey."""
    n, _, height, width = images.shape
    down, right = context.uniform(n, 2).unbind(1)
    rows = _near(down, height)[:, None, :, None]
    columns = _near(right, width)[:, None, None, :]
    return images * ~(rows & columns)


def _near(centre: Tensor, side: int) -> Tensor:
    """Tell which of ``side`` pixels are within a quarter of it from the centres."""
    place = torch.arange(side, device=centre.device)
    return (place - centre[:, None] * side).abs() < side / 4
