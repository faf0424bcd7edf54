"""From noisy second moments of classes to components and covariances.

Everything here reads what was published, which costs nothing. A matrix of symmetric
noise has eigenvalues up to a known edge (`noise_edge`): directions of the second moment
of all classes that stay below it are dropped, and the kept ones get the eigenvalue
√(y² − edge²). A class differs from the mean of all by as much as its own noise allows
to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.privacy.class_moments import ClassMoments
from latentia.privacy.mechanisms import noise_ceiling, noise_edge

Array = NDArray[Any]

_LEAST_KEPT = 0.1
"""A kept eigenvalue loses at most the rest of it to noise."""

CLASS_SPREAD = 0.5
"""Assumed relative deviation of the covariance of a class from that of all."""

_LEAST_RATIO = 0.05
"""Of the variance of a class and that of all, in any direction."""

_LEAST_REST = 0.2
"""Of the variance of a coefficient: what components leave of it is at least this share.

Images without it have a texture that no real image has.
"""


@dataclass(frozen=True)
class ClassCovariances:
    """Covariances of classes: axes·C_c·axesᵀ and a variance of each coefficient.

    Attributes
    ----------
    axes : ndarray of shape (m, k)
    within : ndarray of shape (n_classes, k, k)
    rest : ndarray of shape (m,)
    edge : float
        Relative to the largest eigenvalue of all, below which noise hides directions.
    """

    axes: Array
    within: Array
    rest: Array
    edge: float


def class_covariances(moments: ClassMoments) -> ClassCovariances:
    """Return the components of all classes, and the covariance of each class."""
    n_classes, m, _ = moments.sums.shape
    total = float(moments.counts.sum())
    pooled = moments.sums.sum(axis=0) / total
    # The clip shortened rows: their total variance is known from the second look.
    expected = float((moments.variances * moments.weights**2).sum())
    scale = expected / max(float(np.trace(pooled)), 0.5 * expected)
    pooled *= scale
    std = moments.noise_std * scale
    # The sum of n_classes matrices of noise.
    pooled_std = math.sqrt(n_classes) * std / total
    edge = noise_edge(m, pooled_std)
    values, V = np.linalg.eigh(pooled)
    kept = values > max(
        noise_ceiling(m, pooled_std), 1e-9 * max(float(values[-1]), 0.0)
    )
    V, y = V[:, kept], values[kept]
    largest = max(float(values[-1]), 1e-300)
    variances = np.sqrt(np.maximum(y**2 - edge**2, (_LEAST_KEPT * y) ** 2))
    within = np.array(
        [
            _of_class(V.T @ (scale * s) @ V / count, std / count, variances)
            for s, count in zip(moments.sums, moments.counts, strict=True)
        ]
    )
    axes = V / moments.weights[:, None]
    explained = (axes**2) @ variances
    rest = np.maximum(moments.variances - explained, _LEAST_REST * moments.variances)
    return ClassCovariances(axes, within, rest, edge / largest)


def _of_class(second: Array, std: float, variances: Array) -> Array:
    """Return the covariance of a class from its noisy one, in the kept directions.

    In units of all classes, its difference D from the identity has noise of variance
    σ²/(2λᵢλⱼ), beside which D has the variance τ²: it is multiplied by
    τ²/(τ² + σ²/(2λᵢλⱼ)), as the estimate of Wiener is.
    """
    root = np.sqrt(variances)
    size = np.outer(root, root)
    D = second / size - np.eye(len(root))
    D *= CLASS_SPREAD**2 / (CLASS_SPREAD**2 + 0.5 * (std / size) ** 2)
    ratio, axes = np.linalg.eigh(np.eye(len(root)) + 0.5 * (D + D.T))
    found: Array = (axes * np.maximum(ratio, _LEAST_RATIO)) @ axes.T * size
    return found
