"""The parameters of a mixture, π_k, μ_k and Σ_k, and the form that the kernels read.

The kernels subtract an origin near the rows: float32 then keeps the digits of the
differences between the means, however far all of them are from zero.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import CovarianceType

Array = NDArray[Any]


class CollapsedCovarianceError(ValueError):
    """A covariance of a mixture is not positive definite.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.mixture import CollapsedCovarianceError, GaussianMixture
    >>> X = np.ones((10, 2))  # all points are one point: there is no covariance
    >>> try:
    ...     GaussianMixture(1, reg_covar=0).fit(X)
    ... except CollapsedCovarianceError as error:
    ...     print("raise reg_covar, or take fewer components")
    raise reg_covar, or take fewer components
    """


class KernelForm(NamedTuple):
    """A mixture as the kernels read it; all arrays have the type of the rows.

    Attributes
    ----------
    covariance_type : str
    origin : ndarray of shape (d,)
    centre : ndarray of shape (K, d)
        The means minus the origin.
    precision_cholesky : ndarray
        P, of the covariance type's shape.
    log_weight : ndarray of shape (K,)
        log π_k + log |P_k| − d/2·log 2π.
    """

    covariance_type: str
    origin: Array
    centre: Array
    precision_cholesky: Array
    log_weight: Array


@dataclass(frozen=True)
class Parameters:
    """p(x) = Σ_k π_k N(x; μ_k, Σ_k), all in float64.

    Attributes
    ----------
    covariance_type : CovarianceType
    weights : ndarray of shape (K,)
    means : ndarray of shape (K, d)
    covariances, precision_cholesky : ndarray
        Σ and P with Σ⁻¹ = P·Pᵀ, of the covariance type's shapes.
    """

    covariance_type: CovarianceType
    weights: Array
    means: Array
    covariances: Array
    precision_cholesky: Array

    @cached_property
    def largest_cholesky(self) -> float:
        """The largest absolute value in P."""
        return float(max(self.precision_cholesky.max(), -self.precision_cholesky.min()))

    @property
    def heaviest_mean(self) -> Array:
        """The mean of the component with the largest weight (d,)."""
        mean: Array = self.means[np.argmax(self.weights)]
        return mean

    def n_free(self, fixed: Collection[str] = ()) -> int:
        """Return the number of parameters that a fit estimates, without ``fixed``."""
        k, d = self.means.shape
        free = {
            "weights": k - 1,
            "means": k * d,
            "covariances": self.covariance_type.n_parameters(k, d),
        }
        return sum(n for name, n in free.items() if name not in fixed)

    @cached_property
    def _scoring_forms(self) -> dict[np.dtype[Any], KernelForm]:
        return {}

    def scoring_form(self, dtype: np.dtype[Any]) -> KernelForm:
        """Return ``kernel_form`` about the heaviest component's mean; cached."""
        if dtype not in self._scoring_forms:
            self._scoring_forms[dtype] = self.kernel_form(dtype, self.heaviest_mean)
        return self._scoring_forms[dtype]

    def kernel_form(self, dtype: np.dtype[Any], origin: Array) -> KernelForm:
        """Return the mixture as the kernels read it, about an origin (d)."""
        d = self.means.shape[1]
        origin, centre = centred_means(self.means, origin, dtype)
        limit, precision_cholesky = largest_square_root(dtype), self.precision_cholesky
        if self.largest_cholesky > limit:
            precision_cholesky = precision_cholesky.clip(-limit, limit)
        with np.errstate(divide="ignore"):  # a component of weight 0 has log-weight −∞
            log_weight = np.log(self.weights) + self.covariance_type.log_det(
                self.precision_cholesky, d
            )
        log_weight -= d / 2 * np.log(2 * np.pi)
        return KernelForm(
            self.covariance_type.name,
            origin,
            centre,
            np.ascontiguousarray(precision_cholesky, dtype=dtype),
            log_weight.astype(dtype),
        )


def with_covariances(
    covariance_type: CovarianceType, weights: Array, means: Array, covariances: Array
) -> Parameters:
    """Return the parameters with the Cholesky factor of these covariances.

    Raises
    ------
    CollapsedCovarianceError
        If a covariance is not positive definite.
    """
    try:
        precision_cholesky = covariance_type.precision_cholesky(covariances)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise CollapsedCovarianceError(
            "a covariance of the mixture is not positive definite "
            f"({error}): rows that coincide, features that depend on each other, or "
            "variances below 1e-300; raise reg_covar, lower n_components or scale the "
            "data"
        ) from error
    return Parameters(covariance_type, weights, means, covariances, precision_cholesky)


def with_precisions(parameters: Parameters, precisions: Array) -> Parameters:
    """Return the parameters with the covariances whose inverses these are."""
    try:
        precision_cholesky = parameters.covariance_type.cholesky_of_precisions(
            precisions
        )
    except np.linalg.LinAlgError as error:
        raise ValueError(
            "precisions_init must be symmetric and positive definite, got a matrix "
            f"that is not ({error})"
        ) from error
    return replace(
        parameters,
        covariances=parameters.covariance_type.covariances_of_cholesky(
            precision_cholesky
        ),
        precision_cholesky=precision_cholesky,
    )


def largest_square_root(dtype: np.dtype[Any]) -> float:
    """Return the largest number of this type of which a sum of 64 squares is finite."""
    return float(np.sqrt(np.finfo(dtype).max)) / 8


def centred_means(
    means: Array, origin: Array, dtype: np.dtype[Any]
) -> tuple[Array, Array]:
    """Return the origin (d) and the means (K, d) minus the origin, in the rows' type.

    Means whose squares would leave the range of the type are clipped to it: the rows
    themselves are in range, so no row is near such a mean.
    """
    limit = largest_square_root(dtype)
    origin = origin.clip(-limit, limit).astype(dtype)
    centre = (means - origin.astype(np.float64)).clip(-limit, limit)
    return origin, np.ascontiguousarray(centre, dtype=dtype)
