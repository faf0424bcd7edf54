"""What every covariance type implements."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]

CovarianceName = Literal["full", "tied", "diag", "spherical"]
"""scikit-learn's names, which the kernels use too."""


class CovarianceType(Protocol):
    """The small algebra between two passes; the package's table has the shapes.

    ``weight`` (K) holds the sums of the responsibilities, all positive.
    """

    name: CovarianceName

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Return the shape of the covariances."""

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Return the number of free parameters of the covariances."""

    def covariances(self, weight: Array, shift: Array, second_moment: Array) -> Array:
        """Return Σ, given second moments about points c that differ from the means.

        ``second_moment`` is Σ r (x − c)(x − c)ᵀ; the means are c + ``shift`` (K, d).
        """

    def second_moments(self, weight: Array, covariances: Array, shift: Array) -> Array:
        """Return Σ r (x − c)(x − c)ᵀ of these covariances; the means are c + shift."""

    def variances(self, covariances: Array, shape: tuple[int, ...]) -> Array:
        """Return the variance of every component and feature (K, d)."""

    def add_to_diagonal(
        self, covariances: Array, amount: Array, weight: Array
    ) -> Array:
        """Return the covariances with ``amount`` (K) added to the variances.

        A matrix that all components share gets the weighted mean of the amounts.
        """

    def precision_cholesky(self, covariances: Array) -> Array:
        """Return P with Σ⁻¹ = P·Pᵀ.

        Raises
        ------
        numpy.linalg.LinAlgError
            If a Σ is not positive definite; the message names the component.
        """

    def cholesky_of_precisions(self, precisions: Array) -> Array:
        """Return P with P·Pᵀ = precisions; raise as ``precision_cholesky`` does."""

    def precisions_of_cholesky(self, precision_cholesky: Array) -> Array:
        """Return Σ⁻¹ = P·Pᵀ."""

    def covariances_of_cholesky(self, precision_cholesky: Array) -> Array:
        """Return Σ = P⁻ᵀ·P⁻¹."""

    def is_cholesky(self, precision_cholesky: Array) -> bool:
        """Return whether this is a valid P of this type."""

    def is_consistent(self, covariances: Array, precision_cholesky: Array) -> bool:
        """Return whether Pᵀ·Σ·P = I up to rounding."""

    def log_det(self, precision_cholesky: Array, n_features: int) -> Array | float:
        """Return log |P|: (K,), or one number if all components share P."""

    def upper_cholesky(self, precision_cholesky: Array) -> Array:
        """Return the upper triangular P with the P·Pᵀ of a lower triangular one."""

    def is_symmetric(self, matrices: Array) -> bool:
        """Return whether these covariances or precisions are symmetric."""

    def of_features(self, covariances: Array, features: Array) -> Array:
        """Return the covariances of some features, in the order of ``features``."""

    def regression(
        self, covariances: Array, given: Array, rest: Array
    ) -> tuple[Array, Array]:
        """Return the slopes of the features ``rest`` on ``given``, and residual Σ.

        The slopes have the shape (K or 1, rest, given). The residual covariances are
        those of x_rest about μ_rest + slopes·(x_given − μ_given).
        """

    def colour(self, noise: Array, precision_cholesky: Array, component: int) -> Array:
        """Return P⁻ᵀ·z of every row z of white noise: rows with covariance Σ."""
