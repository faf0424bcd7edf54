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
"""Assumed relative deviation of the covariance of a class from that of all.

And of a cluster from that of its class.
"""

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
    within : ndarray of shape (n_classes · n_clusters, k, k)
    rest : ndarray of shape (m,)
    edge : float
        Relative to the largest eigenvalue of all, below which noise hides directions.
    """

    axes: Array
    within: Array
    rest: Array
    edge: float


def class_covariances(moments: ClassMoments) -> ClassCovariances:
    """Return the components of all classes, and the covariance of each cluster."""
    n_classes, k, m, _ = moments.sums.shape
    total = float(moments.counts.sum())
    counts = moments.counts[:, None] * moments.clusters.weights
    pooled = moments.sums.sum(axis=(0, 1)) / total
    # Variances within clusters: what their centres do not explain.
    between = np.einsum("ck,cki->i", counts, moments.clusters.centres**2) / total
    between /= moments.weights**2
    inside = np.maximum(moments.variances - between, 0.2 * moments.variances)
    # The clip shortened rows: their total variance is known from the second look.
    expected = float((inside * moments.weights**2).sum())
    scale = expected / max(float(np.trace(pooled)), 0.5 * expected)
    pooled *= scale
    std = moments.noise_std * scale
    # The sum of as many matrices of noise as there are clusters.
    pooled_std = math.sqrt(n_classes * k) * std / total
    edge = noise_edge(m, pooled_std)
    values, V = np.linalg.eigh(pooled)
    largest = max(float(values[-1]), 1e-300)
    kept = values > max(noise_ceiling(m, pooled_std), 1e-9 * largest)
    V, y = V[:, kept], values[kept]
    variances = np.sqrt(np.maximum(y**2 - edge**2, (_LEAST_KEPT * y) ** 2))
    within = []
    for sums, n_class, n_clusters in zip(
        scale * moments.sums, moments.counts, counts, strict=True
    ):
        sums = V.T @ sums @ V
        of_class = _towards(
            sums.sum(axis=0) / n_class, math.sqrt(k) * std / n_class, np.diag(variances)
        )
        if k == 1:
            within.append(of_class)
            continue
        within += [
            _towards(s / max(n, 1.0), std / max(n, 1.0), of_class)
            for s, n in zip(sums, n_clusters, strict=True)
        ]
    axes = V / moments.weights[:, None]
    explained = (axes**2) @ variances
    rest = np.maximum(inside - explained, _LEAST_REST * inside)
    return ClassCovariances(axes, np.array(within), rest, edge / largest)


def _towards(second: Array, std: float, base: Array) -> Array:
    """Return a covariance from a noisy one, moved towards that of a larger group.

    In units of the larger group, the difference D from the identity has noise of
    variance σ²/(2λᵢλⱼ), and D itself has the variance τ²: it is multiplied by
    τ²/(τ² + σ²/(2λᵢλⱼ)), as the estimate of Wiener is. The noise is the same in any
    axes; those of the base are taken.
    """
    variances, U = np.linalg.eigh(base)
    root = np.sqrt(np.maximum(variances, 1e-12 * variances.max(initial=1e-300)))
    size = np.outer(root, root)
    D = U.T @ second @ U / size - np.eye(len(root))
    D *= CLASS_SPREAD**2 / (CLASS_SPREAD**2 + 0.5 * (std / size) ** 2)
    ratio, axes = np.linalg.eigh(np.eye(len(root)) + 0.5 * (D + D.T))
    rotated = (axes * np.maximum(ratio, _LEAST_RATIO)) @ axes.T * size
    found: Array = U @ rotated @ U.T
    return found
