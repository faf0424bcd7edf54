"""Points in the plane: how many modes of a distribution a generator finds.

Two small perceptrons play the relativistic game with R1 and R2.
"""

import copy
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.benchmarks.results import Measures, Quantity, Size, Target
from latentia.generative.losses import penalties, relativistic

N_SAMPLES = 2500

_LEAST = 20
"""Samples within three standard deviations that make a mode covered."""

_N_STEPS = 6000
_BATCH_SIZE = 256
_WIDTH = 128
_LATENT_DIM = 2
_FREQUENCY = 3.0
_LEARNING_RATE = 2e-3
_GAMMA = (3.0, 0.03)
"""Weight of the penalties at the start, where mass moves between the modes, and at the
end, where they get sharp."""

_DECAY = 0.99
"""Of the moving average of the generator's weights, a step."""

_SEEDS: dict[Size, range] = {"small": range(1), "full": range(5)}
_SEED_NAMES: dict[Size, str] = {"small": "seed 0", "full": "seeds 0–4"}
_FEW_STEPS = 200


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
        """Count the modes that have 20 of the points (n, 2) within 3 deviations."""
        distances = np.linalg.norm(points[:, np.newaxis] - self.means, axis=2)
        near = distances.min(axis=1) <= 3 * self.deviation
        counts = np.bincount(distances.argmin(axis=1)[near], minlength=len(self.means))
        return Reached(int((counts >= _LEAST).sum()), float(near.mean()))


_LINES = np.arange(-2, 3, dtype=np.float32)
_ANGLES = np.arange(8) * (2 * math.pi / 8)

# As in Azadi et al., "Discriminator rejection sampling", ICLR 2019
GRID = Toy(
    "grid of 25 Gaussians",
    np.stack(np.meshgrid(_LINES, _LINES), axis=-1).reshape(-1, 2),
    0.05,
)

# As in Metz et al., "Unrolled generative adversarial networks", ICLR 2017
RING = Toy(
    "ring of 8 Gaussians",
    2 * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1).astype(np.float32),
    0.02,
)


class Waves(nn.Module):
    """Points (B, 2) → sines and cosines of many frequencies (B, width).

    They let a perceptron tell near points apart: Tancik et al., "Fourier features let
    networks learn high frequency functions in low dimensional domains", NeurIPS 2020.
    The frequencies are spread like a Gaussian's, but evenly: quantiles of its length,
    each turned by the golden part of a half circle, as a wave has no direction. Drawn
    ones are too few of a kind now and then.
    """

    directions: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        n = width // 2
        rank = torch.arange(n)
        length = _FREQUENCY * (-2 * torch.log1p(-(rank + 0.5) / n)).sqrt()
        angle = rank * (math.pi * (math.sqrt(5) - 1) / 2)
        directions = length * torch.stack([angle.cos(), angle.sin()])
        self.register_buffer("directions", directions)

    def forward(self, points: Tensor) -> Tensor:
        """Return the features."""
        phases = points @ self.directions
        return torch.cat([phases.sin(), phases.cos()], dim=1)


def train_and_sample(
    toy: Toy, seed: int, n_steps: int = _N_STEPS
) -> NDArray[np.float32]:
    """Train a generator on a toy, and return samples (2500, 2) of it."""
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = nn.Sequential(nn.Linear(_LATENT_DIM, _WIDTH), *_hidden())
        discriminator = nn.Sequential(Waves(_WIDTH), *_hidden())
        generator.append(nn.Linear(_WIDTH, 2))
        discriminator.append(nn.Linear(_WIDTH, 1))
    average = copy.deepcopy(generator)
    optimisers = [
        torch.optim.Adam(network.parameters(), betas=(0.0, 0.99))
        for network in (generator, discriminator)
    ]

    def noise(n: int) -> Tensor:
        return torch.randn(n, _LATENT_DIM, generator=random)

    def judge(points: Tensor) -> Tensor:
        logits: Tensor = discriminator(points)
        return logits.squeeze(1)

    for step in range(n_steps):
        rate, gamma = _schedule(step / n_steps)
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = rate
        real = toy.sample(_BATCH_SIZE, random)
        fake = generator(noise(_BATCH_SIZE))

        seen = fake.detach()
        loss = relativistic.discriminator(judge(real), judge(seen))
        for points in (real, seen):
            loss = loss + gamma / 2 * penalties.squared_gradient(judge, points)
        _descend(loss, optimisers[1])

        discriminator.requires_grad_(False)
        _descend(relativistic.generator(judge(real), judge(fake)), optimisers[0])
        discriminator.requires_grad_(True)
        with torch.no_grad():
            for mean, weight in zip(
                average.parameters(), generator.parameters(), strict=True
            ):
                mean.lerp_(weight, 1 - _DECAY)
    with torch.no_grad():
        return np.asarray(average(noise(N_SAMPLES)))


def _hidden() -> list[nn.Module]:
    layers: list[nn.Module] = [nn.LeakyReLU(0.2)]
    for _ in range(2):
        layers += [nn.Linear(_WIDTH, _WIDTH), nn.LeakyReLU(0.2)]
    return layers


def _schedule(progress: float) -> tuple[float, float]:
    """Return the learning rate, along a half cosine, and the penalties' weight."""
    first, last = _GAMMA
    rate = _LEARNING_RATE * (1 + math.cos(math.pi * progress)) / 2
    return rate, first * (last / first) ** progress


def _descend(loss: Tensor, optimiser: torch.optim.Optimizer) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def mode_limits(size: Size) -> Measures:
    """Return the fewest modes that any seed covers, and the share of samples near one.

    The small size only shows that it runs: few steps, one seed and no targets.
    """
    found = {}
    for toy in (GRID, RING):
        steps = {} if size == "full" else {"n_steps": _FEW_STEPS}
        reached = [
            toy.reached(train_and_sample(toy, seed, **steps)) for seed in _SEEDS[size]
        ]
        target = Target("≥", len(toy.means)) if size == "full" else None
        least = min(one.n_modes for one in reached)
        near = sum(one.near for one in reached) / len(reached)
        name = f"{toy.name}, {_SEED_NAMES[size]}"
        found[f"{name}: fewest modes covered"] = Quantity(least, "modes", target)
        found[f"{name}: samples near a mode"] = Quantity(100 * near, "%")
    return found
