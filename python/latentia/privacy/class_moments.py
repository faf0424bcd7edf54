"""Looks at the coefficients of images, class by class.

1. Numbers and sums of the rows of each class, clipped about grey: class means.
2. Squares of the differences from them, added over all classes: a scale for each
   coefficient.
3. Where there are enough rows for the noise, the clusters of each class.
4. Second moments of the differences, divided by a power of that scale, in each cluster.

A row is in one cluster of one class, so that it moves one of the sums of each look:
classes cost nothing (parallel composition). Clip norms of the later looks are computed
from what the earlier ones have published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.privacy.class_clusters import (
    CLUSTERS,
    Clusters,
    find_clusters,
    n_clusters,
    one_cluster,
)
from latentia.privacy.clipping import Clip
from latentia.privacy.image_basis import ImageBasis
from latentia.privacy.mechanisms import lifted_sums, with_noise
from latentia.privacy.noise import NoiseSource
from latentia.privacy.records import Mechanism
from latentia.rows.convert import as_host_rows

Array = NDArray[Any]

MEANS, SCALES = 0.25, 0.03
"""Shares of μ² for the first two looks; the last has the rest."""

COUNT = 0.5
"""A row counts in the number of its class with this share of the norm in its sum."""

_SPREAD = 0.5
"""In the second look a row is clipped at this share of the radius about its mean."""

WHITEN = 0.4
"""Coefficients are divided by their variance to this power: half would be whitening."""

CLIP = 0.8
"""In the last look a row is clipped at this share of the expected norm."""


@dataclass(frozen=True)
class ClassMoments:
    """What the looks publish.

    Attributes
    ----------
    counts, count_std : ndarray of shape (n_classes,), float
        Numbers of rows, at least 1, and the deviation of their noise.
    means : ndarray of shape (n_classes, m)
        Of classes, moved towards the mean of all as far as noise makes them differ.
    variances : ndarray of shape (m,)
        Within classes.
    weights : ndarray of shape (m,)
        What the last looks multiply coefficients by.
    clusters : Clusters
        In weighted coefficients.
    sums : ndarray of shape (n_classes, n_clusters, m, m)
        Second moments of weighted differences, not divided by counts.
    noise_std : float
        Of the noise on their diagonals.
    """

    counts: Array
    count_std: float
    means: Array
    variances: Array
    weights: Array
    clusters: Clusters
    sums: Array
    noise_std: float

    @property
    def cluster_means(self) -> Array:
        """Means of the coefficients of all clusters (n_classes · n_clusters, m)."""
        m = self.means.shape[1]
        found: Array = self.means[:, None] + self.clusters.centres / self.weights
        return found.reshape(-1, m)


def class_moments(
    A: Array,
    y: NDArray[np.int64],
    n_classes: int,
    basis: ImageBasis,
    mu: float,
    noise: NoiseSource,
    *,
    n_threads: int = 1,
) -> tuple[ClassMoments, list[Mechanism]]:
    """Look at coefficients (n, m) of classes y, μ-GDP together."""
    radius = basis.radius
    counts, means, count_std, first = _means(
        A, y, n_classes, radius, mu * math.sqrt(MEANS), noise
    )
    means = _shrunk(counts, means, first.noise_std)
    differences = A - means[y]
    squares, second = _squares(
        differences, _SPREAD * radius, mu * math.sqrt(SCALES), noise
    )
    total = counts.sum()
    variances = _smoothed(squares / total, second.noise_std / total, basis.frequency)
    weights = variances**-WHITEN
    differences *= weights
    norm = CLIP * math.sqrt(float((variances * weights**2).sum()))
    looks = [first, second]
    clusters = one_cluster(n_classes, A.shape[1])
    rest, k = 1 - MEANS - SCALES, n_clusters(counts, mu)
    if k > 1:
        rest -= CLUSTERS
        spread = np.sqrt(variances) * weights
        share = mu * math.sqrt(CLUSTERS)
        clusters, iterations = find_clusters(
            differences, y, n_classes, k, spread, norm, share, noise
        )
        looks += iterations
    group = y * k + clusters.nearest(differences, y)
    differences -= clusters.centres.reshape(n_classes * k, -1)[group]
    sums, last = _second_moments(
        differences, group, n_classes * k, norm, mu * math.sqrt(rest), noise, n_threads
    )
    found = ClassMoments(
        counts,
        count_std,
        means,
        variances,
        weights,
        clusters,
        sums.reshape(n_classes, k, *sums.shape[1:]),
        last.noise_std,
    )
    return found, [*looks, last]


def _means(
    A: Array, y: Array, n_classes: int, radius: float, mu: float, noise: NoiseSource
) -> tuple[Array, Array, float, Mechanism]:
    """Return counts, means, the deviation of counts, and the mechanism.

    A row adds (s, x) with ‖x‖ ≤ R to its class: it moves all by √(R² + s²).
    """
    clip = Clip(np.zeros(A.shape[1]), radius, COUNT)
    sums = np.zeros((n_classes, A.shape[1] + 1), dtype=np.int64)
    for c in range(n_classes):
        sums[c] = clip(A[y == c]).sum(axis=0)
    sensitivity = math.hypot(clip.norm / clip.unit, clip.lifted)
    noisy, std = with_noise(sums, sensitivity, mu, noise)
    counts = np.maximum(noisy[:, -1] / clip.lifted, 1.0)
    means = noisy[:, :-1] * clip.unit / counts[:, None]
    size = np.linalg.norm(means, axis=1, keepdims=True)
    means *= np.minimum(1.0, radius / np.maximum(size, 1e-300))
    mechanism = Mechanism(
        "numbers and sums of classes", sensitivity * clip.unit, std * clip.unit
    )
    return counts, means, std / clip.lifted, mechanism


def _shrunk(counts: Array, means: Array, std: float) -> Array:
    """Return means moved towards their mean, as noise with σ/count asks for.

    The empirical Bayes estimate of James and Stein (1961), for each class.
    """
    overall = counts @ means / counts.sum()
    noise = (std / counts) ** 2
    spread = ((means - overall) ** 2).mean(axis=1)
    share = counts / counts.sum()
    between = max(float(share @ (spread - noise)), 0.0)
    kept = (
        between / np.maximum(between + noise, 1e-300) if std else np.ones(len(counts))
    )
    found: Array = overall + kept[:, None] * (means - overall)
    return found


def _squares(
    differences: Array, norm: float, mu: float, noise: NoiseSource
) -> tuple[Array, Mechanism]:
    """Return Σ x², x clipped to a norm R: a row moves it by ‖x²‖ ≤ ‖x‖² ≤ R²."""
    clip = Clip(np.zeros(differences.shape[1]), norm, 0.0)
    sums = np.zeros(differences.shape[1], dtype=np.int64)
    for begin in range(0, len(differences), 4096):
        x = clip(differences[begin : begin + 4096])[:, :-1]
        sums += (x**2).sum(axis=0).astype(np.int64)
    sensitivity = (clip.norm / clip.unit) ** 2
    noisy, std = with_noise(sums, sensitivity, mu, noise)
    unit = clip.unit**2
    mechanism = Mechanism("squares about class means", sensitivity * unit, std * unit)
    return noisy * unit, mechanism


def _smoothed(variances: Array, std: float, frequency: Array) -> Array:
    """Return variances, at least a fifth of a power law of frequency fitted to them."""
    known = np.maximum(variances, max(std, 1e-3 * float(variances.max()), 1e-9))
    if len(known) == 1:  # images of one pixel
        return known
    slope, log_size = np.polyfit(np.log(frequency), np.log(known), 1, w=np.sqrt(known))
    law = np.exp(log_size + min(slope, 0.0) * np.log(frequency))
    found: Array = np.maximum(variances, 0.2 * law)
    return found


def _second_moments(
    differences: Array,
    group: Array,
    n_groups: int,
    norm: float,
    mu: float,
    noise: NoiseSource,
    n_threads: int,
) -> tuple[Array, Mechanism]:
    """Return Σ xxᵀ of each group, x clipped to a norm."""
    m = differences.shape[1]
    clip = Clip(np.zeros(m), norm, 0.0)
    sums = np.zeros((n_groups, m + 1, m + 1), dtype=np.int64)
    for g in range(n_groups):
        rows = differences[group == g]
        if len(rows):
            sums[g] = lifted_sums(as_host_rows(rows), [clip], n_threads=n_threads)[0]
    noisy, std = with_noise(sums, clip.sensitivity, mu, noise, symmetric=True)
    unit = clip.unit**2
    mechanism = Mechanism(
        "second moments of classes", clip.sensitivity * unit, std * unit
    )
    return noisy[:, :-1, :-1] * unit, mechanism
