"""Synthetic colour images of shapes, whose factors of variation are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_count
from latentia.datasets._synthetic import RandomState, as_generator, check_sizes
from latentia.datasets.small_sets import LabelledImages

LEAST_SIZE = 8

_BLOCK = 256
"""Images that are drawn at once."""

Array = NDArray[np.float64]


def make_shapes(
    n_images: int = 1000, size: int = 32, *, random_state: RandomState = None
) -> LabelledImages:
    """Draw coloured shapes on a ground of another colour: data for image generators.

    The class is the shape. Its place, radius, angle and hue, and the hue and the
    brightness of the ground vary independently of it and of each other, so that it is
    known what a generator has to learn. Edges are smooth: a pixel mixes both colours by
    its distance to the edge.

    Parameters
    ----------
    n_images : int, default=1000
    size : int, default=32
        Height and width in pixels, at least 8.
    random_state : int, Generator, RandomState or None
        The first images of a seed are the same for every ``n_images``.

    Returns
    -------
    shapes : LabelledImages
        Images of shape (n_images, size, size, 3), and the classes "disc", "ring",
        "square", "triangle" and "star", in turn.

    Raises
    ------
    ValueError, TypeError
        If a number is not an integer, or too small.

    References
    ----------
    Distances to shapes: I. Quilez, "2D distance functions",
    https://iquilezles.org/articles/distfunctions2d. Factors that vary independently:
    L. Matthey et al., "dSprites", 2017.

    Examples
    --------
    >>> from latentia.datasets import make_shapes
    >>> shapes = make_shapes(10, 16, random_state=0)
    >>> shapes.images.shape, shapes.images.dtype.name, shapes.classes[2]
    ((10, 16, 16, 3), 'uint8', 'square')
    """
    check_sizes(n_images=n_images)
    size = check_count(size, "size", least=LEAST_SIZE)
    generator = as_generator(random_state)
    factors = generator.random((n_images, 8))
    labels = np.arange(n_images, dtype=np.int64) % len(_DISTANCES)
    images = np.empty((n_images, size, size, 3), np.uint8)
    for begin in range(0, n_images, _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        images[rows] = _draw(factors[rows], labels[rows], size)
    return LabelledImages(images, labels, tuple(_DISTANCES))


def _draw(factors: Array, labels: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """Return images (n, size, size, 3) of uniform factors (n, 8)."""
    place, radius, turn = factors[:, :2], factors[:, 2], factors[:, 3]
    radius = 0.2 + 0.15 * radius  # of the width, which is 1
    centre = 0.5 + (place - 0.5) * (0.9 - 2 * radius[:, np.newaxis])
    at = (np.arange(size) + 0.5) / size
    x = (at - centre[:, :1])[:, np.newaxis, :]
    y = (at - centre[:, 1:])[:, :, np.newaxis]
    angle = 2 * np.pi * turn[:, np.newaxis, np.newaxis]
    scale = radius[:, np.newaxis, np.newaxis]
    u = (np.cos(angle) * x + np.sin(angle) * y) / scale
    v = (np.cos(angle) * y - np.sin(angle) * x) / scale
    distance = np.empty_like(u)
    for label, function in enumerate(_DISTANCES.values()):
        own = labels == label
        distance[own] = function(u[own], v[own])
    # The share of a pixel inside the shape: 1/2 on the edge, linear within a pixel.
    inside = np.clip(0.5 - distance * scale * size, 0, 1)[..., np.newaxis]
    shape = _colour(factors[:, 4], 0.75 + 0.25 * factors[:, 5])
    ground = _colour(factors[:, 6], 0.15 + 0.3 * factors[:, 7])
    return np.rint(255 * (ground + inside * (shape - ground))).astype(np.uint8)


def _colour(hue: Array, brightness: Array) -> Array:
    """Return colours (n, 1, 1, 3) of medium saturation; a hue is 0..1."""
    phase = (hue[:, np.newaxis] + np.array([0, 1, 2]) / 3) * 2 * np.pi
    rgb = brightness[:, np.newaxis] * (0.65 + 0.35 * np.cos(phase))
    return rgb[:, np.newaxis, np.newaxis]


# Signed distances to the edges of shapes of radius 1, negative inside.


def _disc(x: Array, y: Array) -> Array:
    distance: Array = np.hypot(x, y) - 1
    return distance


def _ring(x: Array, y: Array) -> Array:
    distance: Array = np.abs(np.hypot(x, y) - 0.75) - 0.25
    return distance


def _square(x: Array, y: Array) -> Array:
    distance: Array = np.maximum(np.abs(x), np.abs(y)) - np.sqrt(0.5)
    return distance


def _triangle(x: Array, y: Array) -> Array:
    sides = 2 * np.pi * np.arange(3) / 3
    each = [np.cos(a) * x + np.sin(a) * y for a in sides]
    distance: Array = np.max(each, axis=0) - 0.5
    return distance


def _star(x: Array, y: Array) -> Array:
    """Return the distance to five lines from a point to the next notch.

    By symmetry the angle is folded into 0..π/5; the point is at (1, 0), the notch at
    the radius 0.45 and the angle π/5.
    """
    step = np.pi / 5
    angle = np.abs((np.arctan2(y, x) + step) % (2 * step) - step)
    radius = np.hypot(x, y)
    along = np.array([0.45 * np.cos(step) - 1, 0.45 * np.sin(step)])
    normal = np.array([along[1], -along[0]]) / np.hypot(*along)
    across = (radius * np.cos(angle) - 1) * normal[0]
    distance: Array = across + radius * np.sin(angle) * normal[1]
    return distance


_DISTANCES: dict[str, Callable[[Array, Array], Array]] = {
    "disc": _disc,
    "ring": _ring,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
}
