"""Several Gaussians a class: private k-means of the differences from class means.

A class of clothes has sleeves or none. Where noise is small compared with the
classes, each is divided into clusters, by a few iterations of Lloyd that publish noisy
numbers and sums
(Blum, Dwork, McSherry and Nissim, "Practical privacy: the SuLQ framework", PODS 2005).
A row is in one cluster of one class: neither classes nor clusters cost more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.privacy.clipping import Clip
from latentia.privacy.mechanisms import rowwise_product, with_noise
from latentia.privacy.noise import NoiseSource
from latentia.privacy.records import Mechanism

Array = NDArray[Any]

CLUSTERS = 0.2
"""Share of μ² for the iterations, if there are any."""

_N_ITER = 4
_COUNT = 0.5
_MOST = 10

_ROWS = 1000.0
"""A class has one cluster for each so many rows times μ, of which at most 2 counts."""


@dataclass(frozen=True)
class Clusters:
    """Clusters of classes.

    Attributes
    ----------
    weights : ndarray of shape (n_classes, n_clusters)
        Shares of the clusters in their class.
    centres : ndarray of shape (n_classes, n_clusters, m)
        Differences from the class means.
    """

    weights: Array
    centres: Array

    def nearest(self, z: Array, y: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the nearest cluster of each row within its class (n,)."""
        found = np.zeros(len(z), dtype=np.int64)
        if self.weights.shape[1] == 1:
            return found
        for c, centres in enumerate(self.centres):
            rows = np.flatnonzero(y == c)
            # ‖z − m‖² without ‖z‖², which is the same for all
            distance = (centres**2).sum(axis=1) - 2 * rowwise_product(
                z[rows], centres.T
            )
            found[rows] = distance.argmin(axis=1)
        return found


def n_clusters(counts: Array, mu: float) -> int:
    """Return how many clusters classes get, from their noisy numbers of rows."""
    rows = float(np.median(counts)) * min(mu, 2.0)
    return int(min(max(rows / _ROWS, 1), _MOST))


def one_cluster(n_classes: int, m: int) -> Clusters:
    """Return classes that are not divided."""
    return Clusters(np.ones((n_classes, 1)), np.zeros((n_classes, 1, m)))


def find_clusters(
    z: Array,
    y: NDArray[np.int64],
    n_classes: int,
    k: int,
    spread: Array,
    norm: float,
    mu: float,
    noise: NoiseSource,
) -> tuple[Clusters, list[Mechanism]]:
    """Return clusters of differences z from class means, μ-GDP together.

    ``spread`` (m,) has the standard deviations of z, by which centres are drawn at the
    start. In an iteration a row adds (s, z) with ‖z‖ ≤ R to one cluster.
    """
    m = z.shape[1]
    random = np.random.default_rng(noise.seed())
    found = Clusters(
        np.full((n_classes, k), 1 / k),
        random.standard_normal((n_classes, k, m)) * spread * 0.5,
    )
    clip = Clip(np.zeros(m), norm, _COUNT)
    sensitivity = math.hypot(norm / clip.unit, clip.lifted)
    mechanisms = []
    for i in range(_N_ITER):
        group = y * k + found.nearest(z, y)
        sums = np.zeros((n_classes * k, m + 1), dtype=np.int64)
        for g in range(n_classes * k):
            sums[g] = clip(z[group == g]).sum(axis=0)
        noisy, std = with_noise(sums, sensitivity, mu / math.sqrt(_N_ITER), noise)
        name = f"numbers and sums of clusters, iteration {i + 1}"
        mechanisms.append(Mechanism(name, sensitivity * clip.unit, std * clip.unit))
        found = _updated(noisy.reshape(n_classes, k, m + 1), std, clip)
    return found, mechanisms


def _updated(noisy: Array, std: float, clip: Clip) -> Clusters:
    """Return clusters of noisy sums; their centres are moved to 0 as noise asks for."""
    counts = np.maximum(noisy[..., -1] / clip.lifted, 1.0)
    centres = noisy[..., :-1] * clip.unit / counts[..., None]
    variance = (std * clip.unit / counts) ** 2
    square = (centres**2).mean(axis=2)
    kept = np.maximum(square - variance, 0.0) / np.maximum(square, 1e-300)
    weights = counts / counts.sum(axis=1, keepdims=True)
    return Clusters(weights, centres * kept[..., None])
