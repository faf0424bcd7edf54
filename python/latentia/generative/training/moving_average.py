"""The exponential moving average of weights, which gives better samples than the last.

Yazıcı et al., "The unusual effectiveness of averaging in GAN training", ICLR 2019.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

RAMP = 0.05
"""The half-life is at most this share of the images seen, to forget the start."""


def averaged_copy(networks: nn.ModuleDict, names: tuple[str, ...]) -> nn.ModuleDict:
    """Return copies of some networks, for inference."""
    copies = nn.ModuleDict({name: deepcopy(networks[name]) for name in names})
    return copies.requires_grad_(False).eval()


class MovingAverage:
    """Averaged copies of networks; a half-life is counted in images."""

    def __init__(
        self, networks: nn.ModuleDict, names: tuple[str, ...], half_life: float
    ) -> None:
        self.half_life = half_life
        self.networks = averaged_copy(networks, names)
        self._live = {name: networks[name] for name in names}

    @torch.no_grad()
    def update(self, n_seen: int, n_images: int) -> None:
        """Move towards the trained weights after a step.

        Parameters
        ----------
        n_seen : int
            Images seen so far, in all.
        n_images : int
            Images of the step.
        """
        half_life = max(min(self.half_life, RAMP * n_seen), 1e-8)
        share = 1 - 0.5 ** (n_images / half_life)
        averages: list[Tensor] = []
        targets: list[Tensor] = []
        for name, live in self._live.items():
            averages += self.networks[name].parameters()
            targets += live.parameters()
            for buffer, target in zip(
                self.networks[name].buffers(), live.buffers(), strict=True
            ):
                if buffer.is_floating_point():
                    averages.append(buffer)
                    targets.append(target)
                else:
                    buffer.copy_(target)
        torch._foreach_lerp_(averages, targets, share)
