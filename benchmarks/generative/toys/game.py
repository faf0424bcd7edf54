"""The relativistic game with R1 and R2 between two small perceptrons."""

import copy
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.benchmarks.generative.toys.points import N_SAMPLES, Toy
from latentia.generative.losses import penalties, relativistic

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


def play(toy: Toy, seed: int, n_steps: int = _N_STEPS) -> NDArray[np.float32]:
    """Train a generator on a toy, and sample it.

    Parameters
    ----------
    toy : Toy
    seed : int
    n_steps : int

    Returns
    -------
    ndarray of shape (2500, 2)
    """
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
