"""A covariance matrix for every component."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import matrices
from latentia.mixture.covariance.base import CovarianceName

Array = NDArray[Any]


class Full:
    """Σ_k = Σ r (x − μ_k)(x − μ_k)ᵀ / N_k."""

    name: CovarianceName = "full"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """(K, d, d)."""
        return n_components, n_features, n_features

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """K·d(d + 1)/2."""
        return n_components * n_features * (n_features + 1) // 2

    def covariances(self, weight: Array, shift: Array, second_moment: Array) -> Array:
        """Σ r (x − c)(x − c)ᵀ / N − δδᵀ, δ = μ − c."""
        covariances: Array = second_moment / weight[:, np.newaxis, np.newaxis]
        covariances -= shift[:, :, np.newaxis] * shift[:, np.newaxis, :]
        return covariances

    def second_moments(self, weight: Array, covariances: Array, shift: Array) -> Array:
        """N_k·(Σ_k + δδᵀ)."""
        outer = shift[:, :, np.newaxis] * shift[:, np.newaxis, :]
        second: Array = weight[:, np.newaxis, np.newaxis] * (covariances + outer)
        return second

    def variances(self, covariances: Array, shape: tuple[int, ...]) -> Array:
        """Σ_k[j, j]."""
        return np.diagonal(covariances, axis1=1, axis2=2)

    def add_to_diagonal(
        self, covariances: Array, amount: Array, weight: Array
    ) -> Array:
        """Σ_k + amount_k·I."""
        ridge = amount[:, np.newaxis, np.newaxis] * np.eye(covariances.shape[-1])
        raised: Array = covariances + ridge
        return raised

    def precision_cholesky(self, covariances: Array) -> Array:
        """P_k = L⁻ᵀ, Σ_k = L·Lᵀ."""
        return matrices.for_each_component(matrices.precision_cholesky, covariances)

    def cholesky_of_precisions(self, precisions: Array) -> Array:
        """P_k upper triangular, P_k·P_kᵀ = precisions_k."""
        return matrices.for_each_component(matrices.cholesky_of_precision, precisions)

    def precisions_of_cholesky(self, precision_cholesky: Array) -> Array:
        """P_k·P_kᵀ."""
        return precision_cholesky @ precision_cholesky.transpose(0, 2, 1)

    def covariances_of_cholesky(self, precision_cholesky: Array) -> Array:
        """P_k⁻ᵀ·P_k⁻¹."""
        return np.stack(
            [matrices.covariance_of_cholesky(p) for p in precision_cholesky]
        )

    def is_cholesky(self, precision_cholesky: Array) -> bool:
        """P_k upper triangular, its diagonal positive."""
        return matrices.is_cholesky(precision_cholesky)

    def is_consistent(self, covariances: Array, precision_cholesky: Array) -> bool:
        """P_kᵀ·Σ_k·P_k = I."""
        return all(map(matrices.is_consistent, covariances, precision_cholesky))

    def log_det(self, precision_cholesky: Array, n_features: int) -> Array:
        """Σ_j log P_k[j, j]."""
        found: Array = np.log(np.diagonal(precision_cholesky, axis1=1, axis2=2)).sum(
            axis=1
        )
        return found

    def upper_cholesky(self, precision_cholesky: Array) -> Array:
        """P_k upper triangular, of a lower triangular P_k."""
        return np.stack([matrices.upper_cholesky(p) for p in precision_cholesky])

    def is_symmetric(self, covariances: Array) -> bool:
        """Σ_k = Σ_kᵀ."""
        return matrices.is_symmetric(covariances)

    def of_features(self, covariances: Array, features: Array) -> Array:
        """Σ_k[features, features]."""
        return covariances[:, features[:, np.newaxis], features]

    def regression(
        self, covariances: Array, given: Array, rest: Array
    ) -> tuple[Array, Array]:
        """Slopes (K, rest, given) and residual Σ_k (K, rest, rest)."""
        found = [matrices.regression(c, given, rest) for c in covariances]
        slopes, residual = (np.stack(part) for part in zip(*found, strict=True))
        return slopes, residual

    def colour(self, noise: Array, precision_cholesky: Array, component: int) -> Array:
        """P_k⁻ᵀ·z."""
        return matrices.colour(noise, precision_cholesky[component])
