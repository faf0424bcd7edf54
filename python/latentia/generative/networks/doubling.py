"""Transposed convolutions with a fast gradient of their bias."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Doubling(nn.ConvTranspose2d):
    """Transposed convolution to maps of twice the sides.

    On CPUs PyTorch's gradient of the bias of a transposed convolution takes as long as
    that of its weights. Here it is a sum, which takes no time.
    """

    def __init__(self, n_before: int, n_after: int) -> None:
        super().__init__(n_before, n_after, kernel_size=4, stride=2, padding=1)

    def forward(self, maps: Tensor, output_size: list[int] | None = None) -> Tensor:
        bias = self.bias
        assert bias is not None
        learns = torch.is_grad_enabled() and bias.requires_grad
        if not learns or output_size is not None:
            return super().forward(maps, output_size)
        grown = F.conv_transpose2d(
            maps, self.weight, bias.detach(), stride=2, padding=1
        )
        with_gradient: Tensor = _Biased.apply(grown, bias)  # type: ignore[no-untyped-call]
        return with_gradient


class _Biased(torch.autograd.Function):
    """Maps (B, C, H, W) to which a bias (C,) was added, for its gradient."""

    generate_vmap_rule = True  # gradients of each image, for private trainings

    @staticmethod
    def forward(maps: Tensor, bias: Tensor) -> Tensor:
        return maps.view_as(maps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        (gradient,) = gradients
        return gradient, gradient.sum((0, 2, 3))
