"""Interpolation between images in latent space."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_count
from latentia.datasets.levels import plain_array
from latentia.generative.latent.given_codes import check_codes
from latentia.generative.latent.noise import check_seed
from latentia.generative.latent.space import Array, Codes, LatentSpace

_PARALLEL = 1e-6
"""Sine of the angle below which two directions count as parallel."""


def interpolate(
    model: Any, seed_a: int, seed_b: int, steps: int = 12, *, y: Any = None
) -> NDArray[np.uint8]:
    """Return images that interpolate between two images.

    The direction turns evenly in the plane of both codes, and the length changes
    evenly. A straight line would pass nearer to the origin than any code (White,
    "Sampling generative networks", 2016).

    Parameters
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        Fitted.
    seed_a, seed_b : int
        Seeds of the first and the last image: ``model.sample(1, seed=...)``.
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

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import VAE, interpolate
    >>> images = load_digits().images[:128]
    >>> vae = VAE(latent_dim=4, random_state=0).fit(images, epochs=1)
    >>> interpolate(vae, 1, 2, steps=5).shape
    (5, 8, 8)
    """
    space = LatentSpace.of(model)
    steps = check_count(steps, "steps", least=2)
    seeds = check_seed(seed_a, "seed_a"), check_seed(seed_b, "seed_b")
    ends = np.concatenate([space.codes(seed, 1) for seed in seeds])
    codes = _between(space, ends, steps)
    if y is None:
        first = space.labels(1, None)
        labels = None if first is None else np.repeat(first, steps)
    else:
        labels = space.labels(steps, y)
    return space.images(codes, labels)


def latent_walk(
    model: Any, stops: Any, steps: int = 12, *, closed: bool = False, y: Any = None
) -> NDArray[np.uint8]:
    """Return images that interpolate between several images, as `interpolate` does.

    Parameters
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        Fitted.
    stops : sequence of int, or array-like of shape (n_stops, latent_dim)
        At least two seeds of images, ``model.sample(1, seed=...)``, or codes.
    steps : int, default=12
        Number of images from each stop to the next, with both.
    closed : bool, default=False
        Return to the first stop, and end one image before it, for an animation in a
        loop.
    y : label or array-like of n_stops labels, optional
        Classes of the images, of a ConditionalGAN; by default the first. Half-way
        between two stops the class changes to that of the next one.

    Returns
    -------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        n is (steps − 1) · n_stops if ``closed``, else (steps − 1) · (n_stops − 1) + 1.

    Raises
    ------
    TypeError
        If it is another model, or an argument has another type.
    ValueError
        If an argument is wrong, or the model is not fitted.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import VAE, latent_walk
    >>> images = load_digits().images[:128]
    >>> vae = VAE(latent_dim=4, random_state=0).fit(images, epochs=1)
    >>> latent_walk(vae, [1, 2, 3], steps=5, closed=True).shape
    (12, 8, 8)
    """
    space = LatentSpace.of(model)
    steps = check_count(steps, "steps", least=2)
    codes = _stops(space, stops)
    labels = None
    if (first := space.labels(1, None)) is not None:
        n = len(codes)
        labels = np.repeat(first, n) if y is None else space.labels(n, y)
    elif y is not None:
        space.labels(1, y)  # raises
    places = np.arange(len(codes) + closed) % len(codes)
    legs = list(pairwise(places))
    way = [_between(space, codes[[i, j]], steps)[:-1] for i, j in legs]
    # The stop that each image is nearer to, in the middle the next one.
    nearer = [np.where(2 * np.arange(steps - 1) < steps - 1, i, j) for i, j in legs]
    if not closed:
        way.append(codes[-1:])
        nearer.append(places[-1:])
    chosen = None if labels is None else labels[np.concatenate(nearer)]
    return space.images(np.concatenate(way), chosen)


def _stops(space: LatentSpace, stops: Any) -> Codes:
    """Return the codes of stops, or raise."""
    given = plain_array(stops)
    if given.ndim == 1:
        seeds = [
            check_seed(seed, f"stops[{i}]") for i, seed in enumerate(given.tolist())
        ]
        codes = np.concatenate([space.codes(seed, 1) for seed in seeds] or [given])
    else:
        codes = check_codes(given, space.dim, "stops")
    if len(codes) < 2:
        raise ValueError(f"stops must be at least two, got {len(codes)}")
    return codes


def _between(space: LatentSpace, ends: Codes, steps: int) -> Codes:
    """Return codes from the first of two to the last."""
    a, b = space.whiten(ends)
    codes = space.colour(_arc(a, b, np.linspace(0, 1, steps)))
    codes[0], codes[-1] = ends
    return codes


def _arc(a: Array, b: Array, t: Array) -> Array:
    """Return points between two vectors (len(t), d), by directions and norms."""
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
