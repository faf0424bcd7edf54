"""The steps of private EM: the first components, responsibilities, the M-step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from sklearn.cluster import KMeans

from latentia._blas import serial_blas
from latentia.privacy.mechanisms import Moments, rowwise_product

Array = NDArray[Any]

_DRAWN = 200
"""Rows that are drawn for each component to place the first means."""

_SHARPER = 0.3

_LEAST_VARIANCE = 1e-6
"""Of any direction, as a share of the mean variance of the rows."""


@dataclass(frozen=True)
class Components:
    """Gaussians.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)
    lost : int
        Components that noise has drowned.
    """

    weights: Array
    means: Array
    covariances: Array
    lost: int = 0


@dataclass(frozen=True)
class Responsibilities:
    """Shares of rows in components.

    Attributes
    ----------
    components : Components
    """

    components: Components

    def __call__(self, rows: Array) -> Array:
        """Return p(component | row) (n_rows, n_components)."""
        c = self.components
        logs = np.empty((len(rows), len(c.weights)))
        for k, (weight, mean, covariance) in enumerate(
            zip(c.weights, c.means, c.covariances, strict=True)
        ):
            with serial_blas():
                L = np.linalg.cholesky(covariance)
                inverse = solve_triangular(L, np.eye(len(L)), lower=True)
            white = rowwise_product(rows - mean, inverse.T)
            # log w − ½·(x − m)ᵀC⁻¹(x − m) − ½·log det C
            square = rowwise_product(white**2, np.ones((len(L), 1)))
            constant = math.log(max(weight, 1e-12)) - np.log(np.diag(L)).sum()
            logs[:, k] = constant - 0.5 * square[:, 0]
        # A row far from all is -inf for each: it belongs to all alike.
        logs -= np.maximum(logs.max(axis=1, keepdims=True), -1e300)
        shares = np.exp(np.maximum(logs, -700.0))
        shares /= rowwise_product(shares, np.ones((len(c.weights), 1)))
        return shares


def norm_of_rows(c: Components, most: float) -> float:
    """Return a clip norm about the means of components, at most a given one.

    ‖x − m‖² of a Gaussian has the mean tr C and the variance 2·tr C².
    """
    square = np.einsum("kii->k", c.covariances)
    spread = np.sqrt(2 * np.einsum("kij,kij->k", c.covariances, c.covariances))
    return float(min(math.sqrt((square + 2 * spread).max()), most))


def first_components(overall: Moments, centre: Array) -> Components:
    """Return one component with the moments of all rows, about their centre."""
    covariance = denoised(overall)
    lost = int(np.linalg.eigvalsh(overall.covariance)[-1] <= overall.noise_edge)
    return Components(np.ones(1), (centre + overall.mean)[None], covariance[None], lost)


def spread_components(one: Components, n_components: int, random: Any) -> Components:
    """Return components at the centres of clusters of rows drawn from one.

    Nothing but the drawn rows is looked at.
    """
    drawn = random.multivariate_normal(
        one.means[0], one.covariances[0], size=_DRAWN * n_components, method="eigh"
    )
    seed = int(random.integers(2**31))
    clusters = KMeans(n_components, n_init=1, random_state=seed).fit(drawn)
    labels = clusters.labels_
    within = sum(
        ((drawn[labels == k] - mean) ** 2).sum()
        for k, mean in enumerate(clusters.cluster_centers_)
    )
    # Each has the shape of all, and less than the size of its cluster, so that the
    # first iterations separate rows as k-means does.
    shrink = _SHARPER * within / ((drawn - drawn.mean(axis=0)) ** 2).sum()
    return Components(
        np.bincount(labels, minlength=n_components) / len(labels),
        clusters.cluster_centers_,
        np.repeat(one.covariances * shrink, n_components, axis=0),
    )


def updated(
    moments: Sequence[Moments], centres: Array, whole: Components
) -> Components:
    """Return the components of noisy moments about centres (the M-step).

    One whose count is within three deviations of noise is that of all rows.
    """
    weights, means, covariances, lost = [], [], [], 0
    for m, centre in zip(moments, centres, strict=True):
        weights.append(m.count)
        if m.count <= 3 * m.count_std:
            lost += 1
            means.append(whole.means[0])
            covariances.append(whole.covariances[0])
        else:
            means.append(centre + m.mean)
            covariances.append(denoised(m))
    total = np.array(weights)
    return Components(total / total.sum(), np.array(means), np.array(covariances), lost)


def denoised(moments: Moments) -> Array:
    """Return a positive definite covariance of moments with noise.

    Noise alone has eigenvalues up to an edge, √(2d)·σ. An eigenvalue y above it becomes
    √(y² − edge²), which is best in the norm of Frobenius (Benaych-Georges and
    Nadakuditi, "The eigenvalues and eigenvectors of finite, low rank perturbations of
    large random matrices", Advances in Mathematics 227, 2011). The q others share what
    is left of the trace, and have at least 2σ/√q, two deviations of the noise of their
    mean: a variance that is too small would exclude rows, one too large does little.
    """
    values, axes = np.linalg.eigh(moments.covariance)
    edge, noise_std = moments.noise_edge, moments.noise_std
    kept = values > edge
    q = max(int((~kept).sum()), 1)
    shrunk = np.sqrt(np.maximum(values**2 - edge**2, 0.0))
    rest = float(values.sum() - shrunk[kept].sum()) / q
    rest = min(max(rest, 2 * noise_std / math.sqrt(q)), max(edge, rest))
    least = max(_LEAST_VARIANCE * float(values.mean()), moments.resolution)
    new = np.maximum(np.where(kept, np.maximum(shrunk, rest), rest), least)
    found: Array = (axes * new) @ axes.T
    return 0.5 * (found + found.T)
