"""From one image to another through the latent space."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_count
from latentia.generative.latent.space import Array, LatentSpace
from latentia.generative.noise import check_seed

_PARALLEL = 1e-6
"""Sine of an angle below which the way between two directions has no plane."""


def interpolate(
    model: Any, seed_a: int, seed_b: int, steps: int = 12, *, y: Any = None
) -> NDArray[np.uint8]:
    """Return images on the way from one image to another.

    Directions turn evenly in the plane of both codes and lengths grow evenly: a
    straight line would pass nearer to the origin than codes ever lie (White, "Sampling
    generative networks", 2016).

    Parameters
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        Fitted.
    seed_a, seed_b : int
        Of the first and the last image: ``model.sample(1, seed=...)``.
    steps : int, default=12
        Number of images, with both.
    y : label or array-like of ``steps`` labels, optional
        Classes of the images, of a ConditionalGAN; by default the first.

    Returns
    -------
    images : ndarray of uint8, shape (steps, H, W) or (steps, H, W, C)

    Raises
    ------
    TypeError
        If it is another model.
    ValueError
        If an argument is wrong, or the model is not fitted.
    """
    space = LatentSpace.of(model)
    steps = check_count(steps, "steps", least=2)
    seeds = check_seed(seed_a, "seed_a"), check_seed(seed_b, "seed_b")
    ends = [space.codes(seed, 1) for seed in seeds]
    a, b = (space.whiten(end)[0] for end in ends)
    codes = space.colour(_arc(a, b, np.linspace(0, 1, steps)))
    codes[0], codes[-1] = ends[0][0], ends[1][0]
    if y is None:
        first = space.labels(1, None)
        labels = None if first is None else np.repeat(first, steps)
    else:
        labels = space.labels(steps, y)
    return space.images(codes, labels)


def _arc(a: Array, b: Array, t: Array) -> Array:
    """Return points between two vectors (len(t), d): directions turn, norms grow."""
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    t = t[:, np.newaxis]
    if 0 in lengths:
        return (1 - t) * a + t * b
    from_, to = a / lengths[0], b / lengths[1]
    angle = np.arccos(np.clip(from_ @ to, -1, 1))
    if np.sin(angle) < _PARALLEL:
        return (1 - t) * a + t * b
    turned = np.sin((1 - t) * angle) * from_ + np.sin(t * angle) * to
    between: Array = ((1 - t) * lengths[0] + t * lengths[1]) * turned / np.sin(angle)
    return between
