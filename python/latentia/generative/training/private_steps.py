"""Private steps of a training: images by coins, clipped gradients, noise.

`latentia.privacy.dp_sgd` has the formula and says what becomes of every look at the
images. Opacus's hooks give the gradient of each image.
"""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from latentia._extras import install_hint
from latentia.privacy.spending_plan import SpendingPlan

_COINS, _NOISE, _CODES = range(3)
"""What random numbers are for: no two purposes share a seed."""

_ROUNDING = 1e-4
"""Relative error of norms in float32 that a clipped gradient leaves room for."""


class PoissonSampler:
    """Each image by a coin of its own, for every step."""

    def __init__(self, n: int, rate: float, seed: int | None) -> None:
        self.n, self.rate, self.seed = n, rate, seed

    def indices(self, step: int) -> Tensor:
        """Return the images of a step: any number of them."""
        key = secrets.randbits(256) if self.seed is None else [self.seed, _COINS, step]
        coins = np.random.default_rng(key).random(self.n)
        return torch.from_numpy(np.flatnonzero(coins < self.rate))


class PrivateSteps:
    """What makes the steps of a recipe private.

    Parameters
    ----------
    plan : SpendingPlan
    networks : nn.ModuleDict
        Of the recipe.
    names : tuple of str
        The networks that see private images.
    n : int
        Number of images given.
    """

    def __init__(
        self,
        plan: SpendingPlan,
        networks: nn.ModuleDict,
        names: tuple[str, ...],
        n: int,
    ) -> None:
        self.plan = plan
        self.sampler = PoissonSampler(n, plan.sample_rate, plan.seed)
        self._hooks = [_hooks(networks[name], name) for name in names]
        self._private = {id(p) for name in names for p in networks[name].parameters()}
        self._n_images = 0
        self._step = 0
        self._released = False

    def begin(
        self, step: int, images: Tensor, labels: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Return the images of a step, or raise if the budget allows no more steps.

        Networks cannot take an empty batch: it becomes one black image, whose gradient
        is not counted.
        """
        self.plan.check(step)
        self._step, self._n_images, self._released = step, len(images), False
        if not len(images):
            images = images.new_zeros(1, *images.shape[1:])
            labels = None if labels is None else labels.new_zeros(1)
        return images, labels

    def update(self, optimiser: torch.optim.Optimizer) -> None:
        """Make the gradients of an optimiser private, if they are of private images.

        Raises
        ------
        RuntimeError
            If gradients of private images would reach the optimiser as they are.
        """
        parameters = _parameters(optimiser)
        if not any(id(p) in self._private for p in parameters):
            return
        if any(getattr(p, "grad_sample", None) is not None for p in parameters):
            self.release(optimiser)
        if not self._released:
            raise RuntimeError("a step's gradients were not made private")

    def release(self, optimiser: torch.optim.Optimizer) -> None:
        """Replace the gradients by (Σ clipped gradients + noise) / divisor."""
        plan, parameters = self.plan, _parameters(optimiser)
        if self._released:
            raise RuntimeError("a step releases its gradients once")
        rows = [self._rows(parameter) for parameter in parameters]
        factors = _clip(rows, plan.clip_norm)
        device = parameters[0].device
        generator = torch.Generator(device).manual_seed(self._key(_NOISE))
        std = plan.noise_multiplier * plan.clip_norm
        for parameter, row in zip(parameters, rows, strict=True):
            total = (factors @ row).view_as(parameter)
            total += _normal(total, std, generator, safely=plan.seed is None)
            # Laid out as its parameter, which the fused Adam takes for granted.
            parameter.grad = torch.empty_like(parameter).copy_(total / plan.divisor)
            parameter.grad_sample = None  # type: ignore[attr-defined]
        self._released = True

    def seed_of_codes(self) -> int:
        """Return a secret seed of all other random numbers of a step.

        An image's noise in a VAE depends on its place in the batch, and so on which
        other images are in it. That only tells nothing if nobody knows the noise.
        """
        return self._key(_CODES)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let networks run on what is public: no gradients of each image are taken."""
        for hooks in self._hooks:
            hooks.disable_hooks()
        try:
            yield
        finally:
            for hooks in self._hooks:
                hooks.enable_hooks()

    def _rows(self, parameter: Tensor) -> Tensor:
        """Return the gradients of the step's images, (n, size), finite."""
        found: Any = getattr(parameter, "grad_sample", None)
        if not isinstance(found, Tensor):
            raise RuntimeError("Opacus gave no gradient of each image")
        rows = found.reshape(len(found), parameter.numel())
        return rows[: self._n_images].float()

    def _key(self, purpose: int) -> int:
        """Return a seed from the operating system, or that of a step and a purpose."""
        if self.plan.seed is None:
            return secrets.randbits(63)
        sequence = np.random.SeedSequence([self.plan.seed, purpose, self._step])
        return int(sequence.generate_state(1, np.uint64)[0] >> 1)


@contextmanager
def without_hook_warnings() -> Iterator[None]:
    """Suppress PyTorch's warning of hooks on layers whose input needs no gradient."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Full backward hook is firing", UserWarning)
        yield


def _clip(rows: list[Tensor], clip_norm: float) -> Tensor:
    """Return factors that clip the norms over all parameters; rows get finite values.

    An image whose gradient is not finite has the factor 0.
    """
    squares = sum(row.square().sum(1) for row in rows)
    assert isinstance(squares, Tensor)
    norms = squares.sqrt()
    good = norms.isfinite()
    if not bool(good.all()):
        for row in rows:
            row[~good] = 0
    factors = clip_norm / (norms * (1 + _ROUNDING)).clamp(min=clip_norm)
    return torch.where(good, factors, torch.zeros_like(factors))


def _normal(
    like: Tensor, std: float, generator: torch.Generator, *, safely: bool
) -> Tensor:
    """Return normal numbers; safely: sums of four, halved.

    Single draws leak through the gaps between floating-point numbers (Mironov 2012);
    those of a sum of four cannot be searched (Holohan and Braghin, "Secure random
    sampling in differential privacy", ESORICS 2021).
    """

    def draw() -> Tensor:
        return torch.normal(
            0.0, std, like.shape, generator=generator, device=like.device
        )

    return (draw() + draw() + draw() + draw()) / 2 if safely else draw()


def _hooks(network: nn.Module, name: str) -> Any:
    """Return Opacus's hooks on a network, or raise if it mixes images."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise ValueError(
                f"network: the {name} normalises by batches, which mixes images: "
                "choose a network without batch normalisation"
            )
    try:
        from opacus.grad_sample.grad_sample_module import GradSampleHooks
    except ImportError:
        raise ImportError(
            f"privacy needs opacus: {install_hint('privacy')}", name="opacus"
        ) from None

    class Hooks(GradSampleHooks):  # type: ignore[misc]
        """Opacus unfolds images as if channels were first in memory; here they are."""

        def rearrange_grad_samples(self, **given: Any) -> tuple[list[Tensor], Tensor]:
            inputs, backprops = super().rearrange_grad_samples(**given)
            return [each.contiguous() for each in inputs], backprops.contiguous()

    return Hooks(network, loss_reduction="mean", strict=True)


def _parameters(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [p for group in optimiser.param_groups for p in group["params"]]
