"""Mixtures of narrow Gaussians in the plane, and how many of them samples reach."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

N_SAMPLES = 2500

_LEAST = 20
"""Samples within three standard deviations that make a mode covered."""


class Reached(NamedTuple):
    """How many modes are covered, and the share of samples that is near any mode."""

    n_modes: int
    near: float


@dataclass(frozen=True, slots=True)
class Toy:
    """A mixture of equal weights: its means (k, 2), and the deviation of all."""

    name: str
    means: NDArray[np.float32]
    deviation: float

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points (n, 2)."""
        chosen = torch.randint(len(self.means), (n,), generator=generator)
        noise = torch.randn(n, 2, generator=generator)
        return torch.from_numpy(self.means)[chosen] + self.deviation * noise

    def reached(self, points: NDArray[np.float32]) -> Reached:
        """Count the modes that have 20 of the points within three deviations.

        Parameters
        ----------
        points : ndarray of shape (n, 2)

        Returns
        -------
        Reached
        """
        distances = np.linalg.norm(points[:, np.newaxis] - self.means, axis=2)
        near = distances.min(axis=1) <= 3 * self.deviation
        counts = np.bincount(distances.argmin(axis=1)[near], minlength=len(self.means))
        return Reached(int((counts >= _LEAST).sum()), float(near.mean()))


def _grid() -> NDArray[np.float32]:
    lines = np.arange(-2, 3, dtype=np.float32)
    return np.stack(np.meshgrid(lines, lines), axis=-1).reshape(-1, 2)


def _ring(n: int) -> NDArray[np.float32]:
    angles = np.arange(n) * (2 * math.pi / n)
    return 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


# As in Azadi et al., "Discriminator rejection sampling", ICLR 2019
GRID = Toy("grid of 25 Gaussians", _grid(), 0.05)

# As in Metz et al., "Unrolled generative adversarial networks", ICLR 2017
RING = Toy("ring of 8 Gaussians", _ring(8), 0.02)
