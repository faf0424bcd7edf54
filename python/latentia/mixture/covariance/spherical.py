"""One variance for every component, the mean of its features' variances."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance.base import CovarianceName
from latentia.mixture.covariance.diag import Diag

Array = NDArray[Any]


class Spherical(Diag):
    """σ²_k = Σ r ‖x − μ_k‖² / (d·N_k); a pass adds up each feature separately."""

    name: CovarianceName = "spherical"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """(K,)."""
        return (n_components,)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """K."""
        return n_components

    def second_moments(self, weight: Array, covariances: Array, shift: Array) -> Array:
        """N_k·(σ²_k + δ²) for every feature."""
        second: Array = weight[:, np.newaxis] * (covariances[:, np.newaxis] + shift**2)
        return second

    def covariances(self, weight: Array, shift: Array, second_moment: Array) -> Array:
        """Mean over the features of Σ r (x − c)² / N − δ²."""
        variances: Array = (
            super().covariances(weight, shift, second_moment).mean(axis=1)
        )
        return variances

    def variances(self, covariances: Array, shape: tuple[int, ...]) -> Array:
        """σ²_k."""
        return np.broadcast_to(covariances[:, np.newaxis], shape)

    def add_to_diagonal(
        self, covariances: Array, amount: Array, weight: Array
    ) -> Array:
        """σ²_k + amount_k."""
        return covariances + amount

    def of_features(self, covariances: Array, features: Array) -> Array:
        """σ²_k, whatever the features."""
        return covariances

    def log_det(self, precision_cholesky: Array, n_features: int) -> Array:
        """−d·log σ_k."""
        return n_features * np.log(precision_cholesky)
