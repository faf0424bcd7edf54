"""The M-step: the parameters that are most likely given the sufficient statistics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import CovarianceType
from latentia.mixture.options import MixtureOptions
from latentia.mixture.parameters import Parameters, with_covariances
from latentia.mixture.statistics import SufficientStatistics

Array = NDArray[Any]

PSEUDO_WEIGHT = 10 * np.finfo(np.float64).eps
"""Every component keeps so many pseudo-rows, distributed as it was before the step.

A component without rows then keeps its mean and covariance instead of dividing by zero.
The weight is scikit-learn's, and small enough not to move a component that has rows."""


@dataclass(frozen=True)
class FixedParameters:
    """Parameters that a fit does not change; ``None`` stands for a fitted one.

    Attributes
    ----------
    weights, means : ndarray, optional
    covariances : tuple of (covariances, precision_cholesky), optional
    """

    weights: Array | None = None
    means: Array | None = None
    covariances: tuple[Array, Array] | None = None

    @classmethod
    def of(cls, parameters: Parameters, fixed: frozenset[str]) -> FixedParameters:
        """Return those of the parameters that ``fixed`` names."""
        p = parameters
        return cls(
            p.weights if "weights" in fixed else None,
            p.means if "means" in fixed else None,
            (p.covariances, p.precision_cholesky) if "covariances" in fixed else None,
        )


def m_step(
    type_: CovarianceType,
    statistics: SufficientStatistics,
    reg_covar: float,
    *,
    past: SufficientStatistics | None = None,
    fixed: FixedParameters | None = None,
) -> Parameters:
    """Return the parameters that maximise the expected log-likelihood.

    Parameters
    ----------
    type_ : CovarianceType
    statistics : SufficientStatistics
        Of the rows.
    reg_covar : float
        Added to the variances of the rows. The variances of ``past`` already have it.
    past : SufficientStatistics, optional
        Of earlier rows, about the same reference points.
    fixed : FixedParameters, optional
        Covariances are computed about the means, fixed or not.

    Raises
    ------
    CollapsedCovarianceError
        If a covariance is not positive definite.
    """
    fixed = fixed or FixedParameters()
    sums = statistics if past is None else statistics + past
    weight, points = sums.weight, sums.reference_points
    shift = sums.first_moment / weight[:, np.newaxis]
    weights = weight / weight.sum() if fixed.weights is None else fixed.weights
    means = points + shift if fixed.means is None else fixed.means
    if fixed.covariances is not None:
        return Parameters(type_, weights, means, *fixed.covariances)
    covariances = type_.covariances(weight, shift, sums.second_moment)
    if fixed.means is not None:  # about a mean m ≠ μ: Σ_m = Σ_μ + (μ − m)(μ − m)ᵀ
        off = points - fixed.means + shift
        about_fixed = type_.second_moments(weight, covariances, off)
        covariances = type_.covariances(weight, np.zeros_like(off), about_fixed)
    amount = reg_covar * statistics.weight / weight
    return with_covariances(
        type_, weights, means, type_.add_to_diagonal(covariances, amount, weight)
    )


def updated_parameters(
    before: Parameters,
    statistics: SufficientStatistics,
    options: MixtureOptions,
    *,
    past_weight: Array | None = None,
) -> Parameters:
    """Return the parameters after an M-step that starts from ``before``.

    Empty components and fixed parameters stay as they were. ``past_weight`` (K) is the
    number of earlier rows of each component, distributed as ``before``.
    """
    statistics = _without_empty_components(statistics, before)
    points = statistics.reference_points
    past = expected_statistics(before, np.full(len(points), PSEUDO_WEIGHT), points)
    if past_weight is not None:
        past += expected_statistics(before, past_weight, points)
    fixed = FixedParameters.of(before, options.fixed)
    return m_step(
        before.covariance_type, statistics, options.reg_covar, past=past, fixed=fixed
    )


def expected_statistics(
    parameters: Parameters, weight: Array, points: Array
) -> SufficientStatistics:
    """Return the expected sums of rows that are drawn from the mixture.

    ``weight`` (K) is the number of rows of each component, ``points`` (K, d) are the
    reference points.
    """
    shift = parameters.means - points
    return SufficientStatistics(
        log_likelihood=0.0,
        weight=weight,
        first_moment=weight[:, np.newaxis] * shift,
        second_moment=parameters.covariance_type.second_moments(
            weight, parameters.covariances, shift
        ),
        reference_points=points,
    )


def empty_components(statistics: SufficientStatistics) -> NDArray[np.bool_]:
    """Return which components (K) have no rows: less weight than the pseudo-rows."""
    empty: NDArray[np.bool_] = statistics.weight < PSEUDO_WEIGHT
    return empty


def _without_empty_components(
    statistics: SufficientStatistics, before: Parameters
) -> SufficientStatistics:
    """Return the sums with those of empty components set to zero."""
    empty = empty_components(statistics)
    if not empty.any():
        return statistics
    has_rows = np.where(empty, 0.0, 1.0)
    second = statistics.second_moment
    if before.covariance_type.name != "tied":
        second = second * has_rows.reshape(-1, *[1] * (second.ndim - 1))
    return replace(
        statistics,
        weight=statistics.weight * has_rows,
        first_moment=statistics.first_moment * has_rows[:, np.newaxis],
        second_moment=second,
        # The reference point may be a clipped mean, far from the true one.
        reference_points=np.where(
            empty[:, np.newaxis], before.means, statistics.reference_points
        ),
    )
