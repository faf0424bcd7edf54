"""The search for the code of an image: random codes, then Adam from the nearest."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import chi2
from torch import Tensor

from latentia.evaluation.features.random_conv import random_network
from latentia.generative.latent.noise import normal
from latentia.generative.latent.space import Array, Codes, Labels, LatentSpace
from latentia.generative.networks.inference import BLOCK, batched, iterate_batches

N_RANDOM = 1024
"""Random codes that every image is compared with, at least 64 of each class."""

N_STARTS = 4
"""Searches per image, from the nearest random codes."""

_AT_ONCE = BLOCK // N_STARTS
"""Images of a block of searches."""

RATE = 0.2
RAMP_UP, RAMP_DOWN = 0.05, 0.25
"""Shares of the steps in which the step size grows from 0, and falls to 0."""

NOISE, NOISE_SHARE = 0.05, 0.75
"""Initial standard deviation of the noise, in σ of the prior; its share of steps."""

PENALTY, LONGEST = 0.01, 0.999
"""Weight of the penalty on long codes, and the share of the prior's codes without one.
It does not change the error of generated images, and that of others little."""

_TINY = 1e-12


class Judge:
    """Distance of images from others: in pixels, and in random features.

    E(x̂, x) = ‖x̂ − x‖² / n_pixels + ‖φ(x̂) − φ(x)‖² / ‖φ(x)‖², of pixels in 0..1
    """

    def __init__(self, n_channels: int, device: torch.device) -> None:
        self.device = device
        self._network = random_network(n_channels, 0).to(device).requires_grad_(False)

    def describe(self, images: Tensor, low: Any = 0.0, high: Any = 1.0) -> Tensor:
        """Return pixels, clipped, and features of images (B, C, H, W), (B, P + 256)."""
        pixels = images.clamp(low, high).flatten(1)
        return torch.cat([pixels, self._network(images.clamp(0, 1))], dim=1)

    def errors(self, images: NDArray[np.uint8], targets: Tensor) -> tuple[Array, Array]:
        """Return the roots of both terms (n,), that of pixels in levels of 255."""
        n, height, width = images.shape[:3]
        channels_last = torch.from_numpy(images.reshape(n, height, width, -1))
        generated, wanted = (
            batched(self.describe, rows, device=self.device).double()
            for rows in (channels_last.permute(0, 3, 1, 2), targets)
        )
        pixels, features = terms(generated, wanted, targets[0].numel())
        return 255 * pixels.sqrt().numpy(), features.sqrt().numpy()


def terms(generated: Tensor, wanted: Tensor, n_pixels: int) -> tuple[Tensor, Tensor]:
    """Return the terms of E of descriptions (..., P + 256), each (...)."""
    squares = (generated - wanted).square()
    size = wanted[..., n_pixels:].square().sum(-1).clamp(min=_TINY)
    return squares[..., :n_pixels].mean(-1), squares[..., n_pixels:].sum(-1) / size


class Starts(NamedTuple):
    """Initial codes of searches, the nearest first.

    Attributes
    ----------
    codes : ndarray of float32, shape (n, n_starts, latent_dim)
    labels : ndarray of int64, shape (n, n_starts), or None
    """

    codes: Codes
    labels: Labels

    def of(self, rows: NDArray[np.intp]) -> Starts:
        """Return those of some images."""
        return Starts(
            self.codes[rows], None if self.labels is None else self.labels[rows]
        )


def nearest_random(
    space: LatentSpace, judge: Judge, targets: Tensor, labels: Labels, seed: int
) -> Starts:
    """Return the random codes whose images are nearest, of the given or of all classes.

    Parameters
    ----------
    targets : Tensor of uint8, shape (n, C, H, W)
    labels : ndarray of shape (n,) or None
    """
    n, n_pixels = len(targets), targets[0].numel()
    wanted = batched(judge.describe, targets, device=judge.device)
    classes = _classes_to_try(space, labels)
    n_random = N_RANDOM if labels is not None else max(BLOCK, N_RANDOM // len(classes))
    codes = space.codes(seed, n_random)
    errors = torch.full((n, len(classes), n_random), torch.inf)
    for k, label in enumerate(classes):
        rows = np.arange(n) if labels is None else np.flatnonzero(labels == label)
        y = None if label is None else torch.full((n_random,), label)
        blocks = iterate_batches(
            lambda z, y: judge.describe(space.model.decode_tensor(z, y)),
            torch.from_numpy(codes),
            y,
            device=judge.device,
        )
        for begin, generated in blocks:
            # Image by image: what is found does not depend on their number.
            for i in rows:
                pixels, features = terms(generated, wanted[i], n_pixels)
                errors[i, k, begin : begin + len(generated)] = pixels + features
    order = torch.argsort(errors.flatten(1), dim=1, stable=True)[:, :N_STARTS].numpy()
    chosen = None if labels is None and classes[0] is None else np.array(classes)
    return Starts(
        codes[order % n_random],
        None if chosen is None else chosen[order // n_random],
    )


def _classes_to_try(space: LatentSpace, labels: Labels) -> list[int | None]:
    if labels is not None:
        return [int(label) for label in np.unique(labels)]
    if space.labels(1, None) is None:
        return [None]
    return list(range(len(space.model.classes_)))


def descend(
    space: LatentSpace,
    judge: Judge,
    targets: Tensor,
    starts: Starts,
    steps: int,
    seed: int,
    report: Callable[[int, float], None],
) -> tuple[Codes, Labels]:
    """Return the best code of each image (n, latent_dim), and its class.

    Parameters
    ----------
    targets : Tensor of uint8, shape (n, C, H, W)
    starts : Starts
    steps : int
    seed : int
        Of the noise.
    report : callable
        Takes the number of steps of all blocks, and the mean error of one.
    """
    n, _, dim = starts.codes.shape
    noise = normal(seed, N_RANDOM + steps * N_STARTS, dim)[N_RANDOM:]
    noise = noise.reshape(steps, N_STARTS, dim)
    codes = np.empty((n, dim), dtype=np.float32)
    labels = None if starts.labels is None else np.empty(n, dtype=np.int64)
    for block in range(n_blocks(n)):
        own = np.arange(block * _AT_ONCE, min(n, (block + 1) * _AT_ONCE))
        # All blocks have the same size: the last is filled up.
        rows = np.resize(own, _AT_ONCE)
        found, errors = _descend_block(
            space,
            judge,
            targets[torch.from_numpy(rows)],
            starts.of(rows),
            noise,
            lambda step, error, done=block * steps: report(done + step, error),  # type: ignore[misc]
        )
        best = errors.argmin(axis=1)
        for k, i in enumerate(own):
            codes[i] = found[k, best[k]]
            if labels is not None and starts.labels is not None:
                labels[i] = starts.labels[i, best[k]]
    return codes, labels


def n_blocks(n: int) -> int:
    """Return how many blocks of searches there are for so many images."""
    return -(-n // _AT_ONCE)


def _descend_block(
    space: LatentSpace,
    judge: Judge,
    targets: Tensor,
    starts: Starts,
    noise: NDArray[np.float32],
    report: Callable[[int, float], None],
) -> tuple[Codes, NDArray[np.float32]]:
    """Return codes (B, n_starts, latent_dim) of least error E, and E (B, n_starts).

    Minimises E + λ · max(0, ‖w‖² − r²) / latent_dim over w, z being L·w + the centre.
    """
    device, n_pixels, steps = judge.device, targets[0].numel(), len(noise)
    x = (targets.to(device).float() / 255).repeat_interleave(N_STARTS, 0)
    wanted = judge.describe(x)
    # Pixels beyond 0 or 1 are displayed as 0 or 1: no error where the target has that
    # value. Elsewhere they are not clipped, as clipped pixels have no gradient.
    low, high = torch.where(x > 0, -torch.inf, 0.0), torch.where(x < 1, torch.inf, 1.0)
    y = None
    if starts.labels is not None:
        y = torch.from_numpy(starts.labels.reshape(-1)).to(device)
    flat = starts.codes.reshape(-1, space.dim)
    w = torch.from_numpy(space.whiten(flat)).float().to(device).requires_grad_()
    eps = torch.from_numpy(noise).to(device)
    centre, factor = (
        torch.from_numpy(part).float().to(device)
        for part in (space.centre, space.factor)
    )
    # ‖w‖² of the prior has a χ² distribution.
    longest = float(chi2.ppf(LONGEST, space.dim)) / space.dim
    adam = torch.optim.Adam([w], lr=RATE)
    best = torch.from_numpy(flat.copy()).to(device)
    least = torch.full((len(w),), torch.inf, device=device)
    for step in range(steps + 1):
        # The first and the last steps are without noise: their errors are comparable.
        sigma = NOISE * max(0.0, 1 - step / steps / NOISE_SHARE) ** 2 if step else 0.0
        shift = eps[min(step, steps - 1)].repeat(len(targets), 1)
        z = centre + (w + sigma * shift) @ factor.T
        generated = judge.describe(space.model.decode_tensor(z, y), low, high)
        pixels, features = terms(generated, wanted, n_pixels)
        error = pixels + features
        if sigma == 0:
            better = error.detach() < least
            least = torch.where(better, error.detach(), least)
            best = torch.where(better[:, None], z.detach(), best)
        if step == steps:
            break
        beyond = (w.square().mean(1) - longest).clamp(min=0)
        total = (error + PENALTY * beyond).sum()
        (w.grad,) = torch.autograd.grad(total, [w])
        adam.param_groups[0]["lr"] = RATE * _share_of_rate(step / steps)
        adam.step()
        report(step + 1, float(error.detach().view(-1, N_STARTS).amin(1).mean()))
    shape = starts.codes.shape
    return best.cpu().numpy().reshape(shape), least.cpu().numpy().reshape(shape[:2])


def _share_of_rate(progress: float) -> float:
    """Return the factor of the step size: linear growth, at the end half a cosine."""
    up = min(1.0, progress / RAMP_UP + 0.01)
    down = min(1.0, (1 - progress) / RAMP_DOWN)
    return up * (1 - cos(pi * down)) / 2
