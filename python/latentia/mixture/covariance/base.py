"""What a covariance type has to offer."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]


class CovarianceType(Protocol):
    """Small algebra between passes; shapes are in the package's table.

    ``weight`` (K) are the sums of responsibilities, all positive.
    """

    name: str
    """As scikit-learn calls it, and the kernels."""

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Return the shape of the covariances."""

    def covariances(self, weight: Array, shift: Array, second: Array) -> Array:
        """Return Σ from a pass's second moments about points that lay off the means.

        ``second`` is Σ r (x − c)(x − c)ᵀ; the new means are c + ``shift`` (K, d).
        """

    def second_moments(self, weight: Array, covariances: Array, shift: Array) -> Array:
        """Return Σ r (x − c)(x − c)ᵀ that gives these covariances; μ = c + shift."""

    def variances(self, covariances: Array, shape: tuple[int, ...]) -> Array:
        """Return every component's and feature's variance (K, d)."""

    def add_to_diagonal(
        self, covariances: Array, amount: Array, weight: Array
    ) -> Array:
        """Return the covariances with ``amount`` (K) added to a component's variances.

        What the components share gets the mean of the amounts.
        """

    def factor(self, covariances: Array) -> Array:
        """Return P with Σ⁻¹ = P·Pᵀ.

        Raises
        ------
        numpy.linalg.LinAlgError
            Where Σ is not positive definite, naming the component.
        """

    def factor_of_precisions(self, precisions: Array) -> Array:
        """Return P with precisions = P·Pᵀ; raise as ``factor`` does."""

    def square(self, factor: Array) -> Array:
        """Return Σ⁻¹ = P·Pᵀ."""

    def invert(self, factor: Array) -> Array:
        """Return Σ."""

    def is_factor(self, factor: Array) -> bool:
        """Return whether this could be a P, and not one of another type."""

    def belong_together(self, covariances: Array, factor: Array) -> bool:
        """Return whether Pᵀ·Σ·P = I but for rounding."""

    def log_det(self, factor: Array, n_features: int) -> Array | float:
        """Return log |P|, one a component or one for all."""

    def upper(self, factor: Array) -> Array:
        """Return the P that the kernels read for one that is lower triangular."""

    def is_symmetric(self, covariances: Array) -> bool:
        """Return whether Σ, or Σ⁻¹, is."""

    def of_features(self, covariances: Array, features: Array) -> Array:
        """Return the covariances of some features, in their order."""

    def condition(
        self, covariances: Array, given: Array, rest: Array
    ) -> tuple[Array, Array]:
        """Return the slopes of features on given ones (K or 1, rest, given), and Σ.

        Σ is what the regression x_rest = μ_rest + slopes·(x_given − μ_given) leaves.
        """

    def colour(self, noise: Array, factor: Array, component: int) -> Array:
        """Return P⁻ᵀ·z for rows z of white noise: rows whose covariance is Σ."""
