"""What the trainer needs of a model: one step, a score, and a grid of samples."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.generative.training.compute import Compute

if TYPE_CHECKING:
    from latentia.generative.data import ImageSet
    from latentia.generative.training.private_steps import PrivateSteps


@dataclass
class StepContext:
    """The state of the training at a step, for a recipe.

    Attributes
    ----------
    step : int
        Steps taken before this one.
    progress : float
        Share of the training that is done, 0..1.
    n_images : int
        Images of a step, over all processes.
    n_trained : int
        Images of an epoch.
    learning_rate : float
        Learning rate after rollbacks; the recipe's schedule multiplies it.
    generator : torch.Generator
        Source of all random numbers of the step. Its seed depends on the training's
        seed, the step and the number of rollbacks only, so that a step can be repeated.
    compute : Compute
        The device, the precision and the other processes.
    update : callable
        Takes the optimiser's step: averages gradients over the processes and counts
        those that are not finite.
    privacy : PrivateSteps or None
        What makes gradients of private images private, which ``update`` does if the
        recipe has not.
    """

    step: int
    progress: float
    n_images: int
    n_trained: int
    learning_rate: float
    generator: torch.Generator
    compute: Compute
    update: Callable[[torch.optim.Optimizer], None]
    privacy: PrivateSteps | None = None

    def autocast(self) -> AbstractContextManager[Any]:
        """Give the context in which networks run, in bfloat16 where that is faster."""
        return self.compute.autocast()

    def normal(self, n: int, *shape: int) -> Tensor:
        """Draw standard normal numbers for n images of this process."""
        return self._mine(torch.randn, n, *shape)

    def uniform(self, n: int, *shape: int) -> Tensor:
        """Draw numbers from 0..1 for n images of this process."""
        return self._mine(torch.rand, n, *shape)

    def _mine(self, draw: Callable[..., Tensor], n: int, *shape: int) -> Tensor:
        """Draw the numbers of all processes and return those of this one."""
        compute, generator = self.compute, self.generator
        everyone = (n * compute.n_processes, *shape)
        drawn = draw(
            everyone,
            generator=generator,
            device=generator.device,
            dtype=torch.float32,
        )
        return drawn[compute.rank :: compute.n_processes].to(compute.device)


class Recipe(Protocol):
    """How a model is trained.

    Attributes
    ----------
    networks : nn.ModuleDict
        Every trained module; a checkpoint holds their parameters and buffers.
    averaged : tuple of str
        Names of the networks whose moving average is used after training.
    fresh : tuple of str
        Names of networks that do not start from those of another model.
    optimisers : dict of str to Optimizer
    seeing : tuple of str
        Names of the networks that are given images of the training.
    """

    networks: nn.ModuleDict
    averaged: tuple[str, ...]
    fresh: tuple[str, ...] = ()
    optimisers: dict[str, torch.optim.Optimizer]
    seeing: tuple[str, ...]

    def make_private(self) -> None:
        """Let images act on nothing but the gradients of the networks that see them."""

    def step(
        self, images: Tensor, labels: Tensor | None, context: StepContext
    ) -> dict[str, Tensor]:
        """Take a step on images (B, C, H, W) in 0..1; return the values to log.

        They are detached tensors of one number: reading them here would make the device
        wait.
        """

    def stage_is_due(self, step: int, progress: float) -> bool:
        """Tell whether another stage of the training begins before the next step."""
        return False

    def stage_is_ahead(self, step: int, progress: float) -> bool:
        """Tell whether another stage has not begun yet."""
        return False

    def begin_stage(
        self, averaged: nn.ModuleDict, data: ImageSet, held_out: ImageSet
    ) -> str | None:
        """Begin it; return what the history says of it, None if it was interrupted."""
        return None

    def remark(self, best_step: int, stage_step: int) -> str | None:
        """Return what the user should know of the stages at the end of the training.

        The best networks are those of ``best_step``, the last stage began at
        ``stage_step``.
        """
        return None

    def allows(self, scores: dict[str, Any]) -> bool:
        """Tell whether networks with these scores may be chosen, in this stage."""
        return True

    def score(self, networks: nn.ModuleDict, held_out: ImageSet) -> dict[str, float]:
        """Score the averaged networks; the lowest ``"score"`` is the best."""

    def skill(self, score: float, held_out: ImageSet) -> float | None:
        """Return a score on the scale where one average image has 0 and the best 1.

        None where it cannot be computed.
        """

    def sample_grid(self, networks: nn.ModuleDict, n: int) -> NDArray[np.uint8]:
        """Return n generated images (n, H, W[, C])."""
