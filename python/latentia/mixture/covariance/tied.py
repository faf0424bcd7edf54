"""One covariance matrix for all components."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import matrices
from latentia.mixture.covariance.base import CovarianceName

Array = NDArray[Any]


class Tied:
    """Σ = Σ_k Σ r (x − μ_k)(x − μ_k)ᵀ / Σ_k N_k."""

    name: CovarianceName = "tied"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """(d, d)."""
        return n_features, n_features

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """d(d + 1)/2."""
        return n_features * (n_features + 1) // 2

    def covariances(self, weight: Array, shift: Array, second_moment: Array) -> Array:
        """(Σ_k Σ r (x − c_k)(x − c_k)ᵀ − Σ_k N_k δ_k δ_kᵀ) / Σ_k N_k."""
        covariance: Array = second_moment - (shift.T * weight) @ shift
        covariance /= weight.sum()
        return covariance

    def second_moments(self, weight: Array, covariances: Array, shift: Array) -> Array:
        """Σ_k N_k·(Σ + δ_k δ_kᵀ)."""
        second: Array = weight.sum() * covariances + (shift.T * weight) @ shift
        return second

    def variances(self, covariances: Array, shape: tuple[int, ...]) -> Array:
        """Σ[j, j]."""
        return np.broadcast_to(np.diagonal(covariances), shape)

    def add_to_diagonal(
        self, covariances: Array, amount: Array, weight: Array
    ) -> Array:
        """Σ + a·I, a the weighted mean of the amounts."""
        mean = np.average(amount, weights=weight)
        raised: Array = covariances + mean * np.eye(len(covariances))
        return raised

    def precision_cholesky(self, covariances: Array) -> Array:
        """P = L⁻ᵀ, Σ = L·Lᵀ."""
        return matrices.precision_cholesky(covariances)

    def cholesky_of_precisions(self, precisions: Array) -> Array:
        """P upper triangular, P·Pᵀ = precisions."""
        return matrices.cholesky_of_precision(precisions)

    def precisions_of_cholesky(self, precision_cholesky: Array) -> Array:
        """P·Pᵀ."""
        return precision_cholesky @ precision_cholesky.T

    def covariances_of_cholesky(self, precision_cholesky: Array) -> Array:
        """P⁻ᵀ·P⁻¹."""
        return matrices.covariance_of_cholesky(precision_cholesky)

    def is_cholesky(self, precision_cholesky: Array) -> bool:
        """P upper triangular, its diagonal positive."""
        return matrices.is_cholesky(precision_cholesky)

    def is_consistent(self, covariances: Array, precision_cholesky: Array) -> bool:
        """Pᵀ·Σ·P = I."""
        return matrices.is_consistent(covariances, precision_cholesky)

    def log_det(self, precision_cholesky: Array, n_features: int) -> float:
        """Σ_j log P[j, j]."""
        return float(np.log(np.diagonal(precision_cholesky)).sum())

    def upper_cholesky(self, precision_cholesky: Array) -> Array:
        """P upper triangular, of a lower triangular P."""
        return matrices.upper_cholesky(precision_cholesky)

    def is_symmetric(self, covariances: Array) -> bool:
        """Σ = Σᵀ."""
        return matrices.is_symmetric(covariances)

    def of_features(self, covariances: Array, features: Array) -> Array:
        """Σ[features, features]."""
        return covariances[features[:, np.newaxis], features]

    def regression(
        self, covariances: Array, given: Array, rest: Array
    ) -> tuple[Array, Array]:
        """Slopes (1, rest, given) and residual Σ (rest, rest)."""
        slopes, residual = matrices.regression(covariances, given, rest)
        return slopes[np.newaxis], residual

    def colour(self, noise: Array, precision_cholesky: Array, component: int) -> Array:
        """P⁻ᵀ·z."""
        return matrices.colour(noise, precision_cholesky)
