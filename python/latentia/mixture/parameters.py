"""A mixture between two passes: its parameters, and what a pass finds about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import CovarianceType

Array = NDArray[Any]

ForKernels = tuple[str, Array, Array, Array, Array]

DEAD_WEIGHT = 10 * np.finfo(np.float64).eps
"""Rows' worth of its former self that every component keeps: one that no row belongs to
stays what it was."""


class CollapsedCovarianceError(ValueError):
    """A covariance of a mixture is not positive definite."""


@dataclass(frozen=True)
class Parameters:
    """p(x) = Σ_k π_k N(x; μ_k, Σ_k), all in float64.

    Attributes
    ----------
    type : CovarianceType
    weights : ndarray of shape (K,)
    means : ndarray of shape (K, d)
    covariances, factor : ndarray
        Σ and P with Σ⁻¹ = P·Pᵀ, of the covariance type's shapes.
    """

    type: CovarianceType
    weights: Array
    means: Array
    covariances: Array
    factor: Array

    @cached_property
    def largest_factor(self) -> float:
        """The largest entry of P."""
        return float(max(self.factor.max(), -self.factor.min()))

    @cached_property
    def _for_scoring(self) -> dict[np.dtype[Any], ForKernels]:
        return {}

    def for_scoring(self, dtype: np.dtype[Any]) -> ForKernels:
        """Return ``for_kernels`` about the heaviest component's mean; kept."""
        if dtype not in self._for_scoring:
            self._for_scoring[dtype] = self.for_kernels(dtype, heaviest_mean(self))
        return self._for_scoring[dtype]

    def for_kernels(self, dtype: np.dtype[Any], origin: Array) -> ForKernels:
        """Return (covariance_type, origin, centre, factor, log_weight) as passes take.

        About an origin (d) amid the data, float32 keeps its digits where means are far
        larger than what lies between them.
        """
        d = self.means.shape[1]
        origin, centre = about(self.means, origin, dtype)
        farthest, factor = largest_square_root(dtype), self.factor
        if self.largest_factor > farthest:
            factor = factor.clip(-farthest, farthest)
        with np.errstate(divide="ignore"):
            log_weight = np.log(self.weights) + self.type.log_det(self.factor, d)
        log_weight -= d / 2 * np.log(2 * np.pi)
        return (
            self.type.name,
            origin,
            centre,
            np.ascontiguousarray(factor, dtype=dtype),
            log_weight.astype(dtype),
        )


@dataclass(frozen=True)
class Held:
    """Parameters that a fit leaves as they are; ``None`` are fitted.

    Attributes
    ----------
    weights, means : ndarray, optional
    covariances : tuple of (covariances, factor), optional
    """

    weights: Array | None = None
    means: Array | None = None
    covariances: tuple[Array, Array] | None = None

    @classmethod
    def of(cls, parameters: Parameters, fixed: frozenset[str]) -> Held:
        """Return those of the parameters that ``fixed`` names."""
        p = parameters
        return cls(
            p.weights if "weights" in fixed else None,
            p.means if "means" in fixed else None,
            (p.covariances, p.factor) if "covariances" in fixed else None,
        )


def heaviest_mean(parameters: Parameters) -> Array:
    """Return a point amid the mixture (d)."""
    mean: Array = parameters.means[np.argmax(parameters.weights)]
    return mean


def largest_square_root(dtype: np.dtype[Any]) -> float:
    """Return what can be squared in this type, and a few of the squares added up."""
    return float(np.sqrt(np.finfo(dtype).max)) / 8


def about(means: Array, origin: Array, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the origin (d) and the means (K, d) about it in the rows' type.

    Means whose squares would leave the type's range are moved in: no row is near them.
    """
    farthest = largest_square_root(dtype)
    origin = origin.clip(-farthest, farthest).astype(dtype)
    centre = (means - origin.astype(np.float64)).clip(-farthest, farthest)
    return origin, np.ascontiguousarray(centre, dtype=dtype)


@dataclass(frozen=True)
class Sums:
    """What one pass adds up, about points ``centre``; sums of row runs add up.

    Attributes
    ----------
    gain : float
        Σ w·log p(x); of a start by the nearest centre, −Σ w·‖x − centre‖².
    weight : ndarray of shape (K,)
        Σ r.
    first : ndarray of shape (K, d)
        Σ r (x − centre).
    second : ndarray
        Σ r (x − centre)(x − centre)ᵀ: full (K, d, d), tied (d, d) summed over the
        components, diag and spherical (K, d).
    """

    gain: float
    weight: Array
    first: Array
    second: Array

    def __add__(self, other: Sums) -> Sums:
        """Return the sums over both runs of rows."""
        return Sums(
            self.gain + other.gain,
            self.weight + other.weight,
            self.first + other.first,
            self.second + other.second,
        )

    def times(self, factor: float) -> Sums:
        """Return the sums of rows that all weigh ``factor`` times as much."""
        return Sums(
            factor * self.gain,
            factor * self.weight,
            factor * self.first,
            factor * self.second,
        )


def sums_of(parameters: Parameters, weight: Array, points: Array) -> Sums:
    """Return the sums about points (K, d) of rows that are distributed as the mixture.

    ``weight`` (K) is how many rows there are of each component.
    """
    shift = parameters.means - points
    return Sums(
        gain=0.0,
        weight=weight,
        first=weight[:, np.newaxis] * shift,
        second=parameters.type.second_moments(weight, parameters.covariances, shift),
    )


def cancels(type: CovarianceType, sums: Sums, dtype: np.dtype[Any]) -> bool:
    """Whether Σ r (x − c)² has lost the variance to rounding.

    Variance = second moment − shift², where the shift is how far a mean lies from its
    c: up to two million deviations in float64, and ninety in float32, three digits of
    the variance are left.
    """
    weight = np.maximum(sums.weight, np.finfo(np.float64).tiny)
    shift = sums.first / weight[:, np.newaxis]
    covariances = type.covariances(weight, shift, sums.second)
    variances = type.variances(covariances, shift.shape)
    lost = shift**2 * np.finfo(dtype).eps > 1e-3 * variances
    return bool((lost & (sums.weight > 0)[:, np.newaxis]).any())


def maximise(
    type: CovarianceType,
    rows: Sums,
    points: Array,
    reg_covar: float,
    past: Sums | None = None,
    held: Held | None = None,
) -> Parameters:
    """M-step: the parameters that the sums about ``points`` (K, d) make most likely.

    ``reg_covar`` is added for the rows; the past's variances have it in them already.
    The covariances are those about the means, also about means that are held.

    Raises
    ------
    CollapsedCovarianceError
        If a covariance is not positive definite.
    """
    held = held or Held()
    sums = rows if past is None else rows + past
    shift = sums.first / sums.weight[:, np.newaxis]
    weights = sums.weight / sums.weight.sum() if held.weights is None else held.weights
    means = points + shift if held.means is None else held.means
    if held.covariances is not None:
        return Parameters(type, weights, means, *held.covariances)
    covariances = type.covariances(sums.weight, shift, sums.second)
    if held.means is not None:  # Σ about m is Σ about μ, and (m − μ)(m − μ)ᵀ
        off = points - held.means + shift
        about_held = type.second_moments(sums.weight, covariances, off)
        covariances = type.covariances(sums.weight, np.zeros_like(off), about_held)
    amount = reg_covar * rows.weight / sums.weight
    return with_covariances(
        type, weights, means, type.add_to_diagonal(covariances, amount, sums.weight)
    )


def with_covariances(
    type: CovarianceType, weights: Array, means: Array, covariances: Array
) -> Parameters:
    """Return the parameters with the covariances' factor worked out."""
    try:
        factor = type.factor(covariances)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise CollapsedCovarianceError(
            "a covariance of the mixture is not positive definite "
            f"({error}): rows that coincide, features that depend on each other, or "
            "variances below 1e-300; raise reg_covar, lower n_components or scale the "
            "data"
        ) from None
    return Parameters(type, weights, means, covariances, factor)


def with_precisions(parameters: Parameters, precisions: Array) -> Parameters:
    """Return the parameters with other covariances, given by their inverses."""
    try:
        factor = parameters.type.factor_of_precisions(precisions)
    except np.linalg.LinAlgError as error:
        raise ValueError(
            f"precisions_init is not symmetric and positive definite ({error})"
        ) from None
    return replace(
        parameters, covariances=parameters.type.invert(factor), factor=factor
    )


def draw_rows(
    mixture: Parameters, n: int, random: Any
) -> tuple[Array, NDArray[np.int64]]:
    """Return n rows (n, d) drawn from the mixture, and their components, ascending.

    ``random`` is a Generator or a RandomState.
    """
    counts = random.multinomial(n, mixture.weights / mixture.weights.sum())
    X = random.standard_normal((n, mixture.means.shape[1]))
    for k, rows in enumerate(np.split(X, np.cumsum(counts)[:-1])):
        rows[:] = mixture.means[k] + mixture.type.colour(rows, mixture.factor, k)
    return X, np.repeat(np.arange(len(counts)), counts)
