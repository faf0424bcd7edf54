"""Inception v3 up to its last pooling, with the names of torchvision's parameters.

C. Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR
2016. A mixed block has branches: chains of convolutions, whose results are joined along
the channels. The tables give them in torchvision's order and names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d, relu

Pool = Callable[[Tensor], Tensor]
Kernel = int | tuple[int, int]


class Step(NamedTuple):
    """A convolution of a branch; all but those of stride 2 keep height and width."""

    name: str
    width: int
    kernel: Kernel
    stride: int = 1


Branch = tuple[Step | tuple[Step, Step], ...]
"""A chain, in which two convolutions of the same input may stand side by side."""


class Convolution(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self, n_channels: int, width: int, kernel: Kernel, stride: int, padding: Kernel
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            n_channels, width, kernel, stride=stride, padding=padding, bias=False
        )
        self.bn = nn.BatchNorm2d(width, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, width, H', W')."""
        return relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Branches next to each other, the last of which begins with a pooling."""

    def __init__(
        self, n_channels: int, branches: tuple[Branch, ...], pool: Pool, pooled: Branch
    ) -> None:
        super().__init__()
        self._branches = branches
        self._pool, self._pooled = pool, pooled
        for branch in (*branches, pooled):
            inside = n_channels
            for link in branch:
                steps = _side_by_side(link)
                for step in steps:
                    self.add_module(step.name, _convolution(inside, step))
                inside = sum(step.width for step in steps)

    def forward(self, x: Tensor) -> Tensor:
        """Return the results of all branches, along the channels."""
        parts = [self._through(branch, x) for branch in self._branches]
        return torch.cat([*parts, self._through(self._pooled, self._pool(x))], dim=1)

    def _through(self, branch: Branch, x: Tensor) -> Tensor:
        for link in branch:
            steps = _side_by_side(link)
            x = torch.cat([self.get_submodule(s.name)(x) for s in steps], dim=1)
        return x


class InceptionV3(nn.Module):
    """Images (B, 3, H, W) in 0..1 to features (B, 2048)."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Convolution(3, 32, 3, 2, 0)
        self.Conv2d_2a_3x3 = Convolution(32, 32, 3, 1, 0)
        self.Conv2d_2b_3x3 = Convolution(32, 64, 3, 1, 1)
        self.Conv2d_3b_1x1 = Convolution(64, 80, 1, 1, 0)
        self.Conv2d_4a_3x3 = Convolution(80, 192, 3, 1, 0)
        self.Mixed_5b = _block_a(192, 32)
        self.Mixed_5c = _block_a(256, 64)
        self.Mixed_5d = _block_a(288, 64)
        self.Mixed_6a = _block_b(288)
        self.Mixed_6b = _block_c(768, 128)
        self.Mixed_6c = _block_c(768, 160)
        self.Mixed_6d = _block_c(768, 160)
        self.Mixed_6e = _block_c(768, 192)
        self.Mixed_7a = _block_d(768)
        self.Mixed_7b = _block_e(1280)
        self.Mixed_7c = _block_e(2048)

    def forward(self, images: Tensor) -> Tensor:
        """Return the means over the last layer's height and width."""
        x = interpolate(images, (299, 299), mode="bilinear", align_corners=False)
        x = self.Conv2d_1a_3x3(2 * x - 1)
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(x))
        x = self.Conv2d_3b_1x1(_smaller(x))
        x = _smaller(self.Conv2d_4a_3x3(x))
        for name, block in self.named_children():
            if name.startswith("Mixed"):
                x = block(x)
        return x.mean(dim=(2, 3))


def _block_a(n_channels: int, width_pooled: int) -> Mixed:
    branches: tuple[Branch, ...] = (
        (Step("branch1x1", 64, 1),),
        (Step("branch5x5_1", 48, 1), Step("branch5x5_2", 64, 5)),
        (
            Step("branch3x3dbl_1", 64, 1),
            Step("branch3x3dbl_2", 96, 3),
            Step("branch3x3dbl_3", 96, 3),
        ),
    )
    return Mixed(n_channels, branches, _mean, (Step("branch_pool", width_pooled, 1),))


def _block_b(n_channels: int) -> Mixed:
    branches: tuple[Branch, ...] = (
        (Step("branch3x3", 384, 3, 2),),
        (
            Step("branch3x3dbl_1", 64, 1),
            Step("branch3x3dbl_2", 96, 3),
            Step("branch3x3dbl_3", 96, 3, 2),
        ),
    )
    return Mixed(n_channels, branches, _smaller, ())


def _block_c(n_channels: int, width: int) -> Mixed:
    branches: tuple[Branch, ...] = (
        (Step("branch1x1", 192, 1),),
        (
            Step("branch7x7_1", width, 1),
            Step("branch7x7_2", width, (1, 7)),
            Step("branch7x7_3", 192, (7, 1)),
        ),
        (
            Step("branch7x7dbl_1", width, 1),
            Step("branch7x7dbl_2", width, (7, 1)),
            Step("branch7x7dbl_3", width, (1, 7)),
            Step("branch7x7dbl_4", width, (7, 1)),
            Step("branch7x7dbl_5", 192, (1, 7)),
        ),
    )
    return Mixed(n_channels, branches, _mean, (Step("branch_pool", 192, 1),))


def _block_d(n_channels: int) -> Mixed:
    branches: tuple[Branch, ...] = (
        (Step("branch3x3_1", 192, 1), Step("branch3x3_2", 320, 3, 2)),
        (
            Step("branch7x7x3_1", 192, 1),
            Step("branch7x7x3_2", 192, (1, 7)),
            Step("branch7x7x3_3", 192, (7, 1)),
            Step("branch7x7x3_4", 192, 3, 2),
        ),
    )
    return Mixed(n_channels, branches, _smaller, ())


def _block_e(n_channels: int) -> Mixed:
    branches: tuple[Branch, ...] = (
        (Step("branch1x1", 320, 1),),
        (
            Step("branch3x3_1", 384, 1),
            (Step("branch3x3_2a", 384, (1, 3)), Step("branch3x3_2b", 384, (3, 1))),
        ),
        (
            Step("branch3x3dbl_1", 448, 1),
            Step("branch3x3dbl_2", 384, 3),
            (
                Step("branch3x3dbl_3a", 384, (1, 3)),
                Step("branch3x3dbl_3b", 384, (3, 1)),
            ),
        ),
    )
    return Mixed(n_channels, branches, _mean, (Step("branch_pool", 192, 1),))


def _side_by_side(link: Step | tuple[Step, Step]) -> tuple[Step, ...]:
    return (link,) if isinstance(link, Step) else link


def _convolution(n_channels: int, step: Step) -> Convolution:
    height, width = (
        (step.kernel, step.kernel) if isinstance(step.kernel, int) else step.kernel
    )
    padding = (height // 2, width // 2) if step.stride == 1 else (0, 0)
    return Convolution(n_channels, step.width, step.kernel, step.stride, padding)


def _smaller(x: Tensor) -> Tensor:
    return max_pool2d(x, 3, stride=2)


def _mean(x: Tensor) -> Tensor:
    return avg_pool2d(x, 3, stride=1, padding=1)
