"""A variance for every component and feature."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance.base import CovarianceName

Array = NDArray[Any]


class Diag:
    """σ²_kj = Σ r (x_j − μ_kj)² / N_k."""

    name: CovarianceName = "diag"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """(K, d)."""
        return n_components, n_features

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """K·d."""
        return n_components * n_features

    def second_moments(self, weight: Array, covariances: Array, shift: Array) -> Array:
        """N_k·(σ²_kj + δ²)."""
        second: Array = weight[:, np.newaxis] * (covariances + shift**2)
        return second

    def covariances(self, weight: Array, shift: Array, second_moment: Array) -> Array:
        """Σ r (x − c)² / N − δ², δ = μ − c."""
        variances: Array = second_moment / weight[:, np.newaxis] - shift**2
        return np.maximum(variances, 0.0)

    def variances(self, covariances: Array, shape: tuple[int, ...]) -> Array:
        """σ²_kj."""
        return covariances

    def add_to_diagonal(
        self, covariances: Array, amount: Array, weight: Array
    ) -> Array:
        """σ²_kj + amount_k."""
        return covariances + amount[:, np.newaxis]

    def precision_cholesky(self, covariances: Array) -> Array:
        """1/σ."""
        return _inverse_root(covariances)

    def cholesky_of_precisions(self, precisions: Array) -> Array:
        """√ of 1/σ²."""
        if not (precisions > 0).all():
            raise np.linalg.LinAlgError("every precision must be positive")
        return np.sqrt(precisions)

    def precisions_of_cholesky(self, precision_cholesky: Array) -> Array:
        """1/σ²."""
        return precision_cholesky**2

    def covariances_of_cholesky(self, precision_cholesky: Array) -> Array:
        """σ²."""
        return precision_cholesky**-2

    def is_cholesky(self, precision_cholesky: Array) -> bool:
        """Every 1/σ positive."""
        return bool((precision_cholesky > 0).all())

    def is_consistent(self, covariances: Array, precision_cholesky: Array) -> bool:
        """P²·σ² = 1."""
        return np.allclose(precision_cholesky**2 * covariances, 1)

    def log_det(self, precision_cholesky: Array, n_features: int) -> Array:
        """−Σ_j log σ_kj."""
        found: Array = np.log(precision_cholesky).sum(axis=1)
        return found

    def upper_cholesky(self, precision_cholesky: Array) -> Array:
        """P: a diagonal matrix is upper and lower triangular."""
        return precision_cholesky

    def is_symmetric(self, matrices: Array) -> bool:
        """Return True: a diagonal matrix is symmetric."""
        return True

    def of_features(self, covariances: Array, features: Array) -> Array:
        """σ²_kj of the features j."""
        return covariances[:, features]

    def regression(
        self, covariances: Array, given: Array, rest: Array
    ) -> tuple[Array, Array]:
        """Slopes of zero: within a component the features are independent."""
        slopes = np.zeros((1, len(rest), len(given)))
        return slopes, self.of_features(covariances, rest)

    def colour(self, noise: Array, precision_cholesky: Array, component: int) -> Array:
        """σ·z."""
        coloured: Array = noise / precision_cholesky[component]
        return coloured


def _inverse_root(variances: Array) -> Array:
    if not (variances > 0).all():
        where = np.unravel_index(int(np.argmin(variances)), variances.shape)
        raise np.linalg.LinAlgError(
            f"component {where[0]}: its variance is {variances[where]:.3g}"
            + (f" in feature {where[1]}" if len(where) > 1 else "")
        )
    inverse: Array = 1.0 / np.sqrt(variances)
    return inverse
