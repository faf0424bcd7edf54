"""The type that a mixture is computed in: that of the rows, if it is sufficient.

The kernels subtract an origin near the rows and square differences of rows and means.
float32 has no room for the squares of numbers above 1e19 or below 1e-19, and no digits
for a component that lies more than 1/ε standard deviations from the origin. In such a
case nothing is rescaled: the rows are read in float64, which holds the squares of all
float32 numbers. What float64 cannot hold is an error; digits that it lost are a
warning.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._warnings import warn_caller
from latentia.mixture.parameters import (
    CollapsedCovarianceError,
    Parameters,
    largest_square_root,
)
from latentia.rows import RowSource, RowState, Summary
from latentia.rows.backend import as_float64 as to_float64

Array = NDArray[Any]

FLOAT64 = np.dtype(np.float64)
LARGEST_FLOAT32 = 1e17
"""Larger rows are read in float64: below it the sum of a few thousand squares, which a
kernel adds up in float32, stays below float32's 3e38."""
LARGEST_FLOAT64 = 1e150
"""Its square, 1e300, leaves room for sums below float64's 1.8e308."""
SHARP_FIT, SHARP_SCORE = 3.0, 32.0
"""The least standard deviation, in roundings of a deviation from the mean.

A rounding of u adds u²/12 to a variance: with σ = 3·u that is 1 % of it, enough for a
fit. A score needs (x − μ)²/σ² itself: with σ = 32·u the log-density of a row four
standard deviations from the mean is right to 0.1."""
PRESENT_WEIGHT = 1e-12
"""Components of less weight have no rows (10·ε at most); they keep their start."""


def max_abs(summary: Summary) -> float:
    """Return the largest absolute value of the rows."""
    return summary.max_abs / summary.scale


def scoring_dtype(
    dtype: np.dtype[Any], summary: Summary, parameters: Parameters
) -> np.dtype[Any]:
    """Return the type in which rows of type ``dtype`` are scored."""
    if dtype == FLOAT64 or max_abs(summary) > LARGEST_FLOAT32:
        return FLOAT64
    origin = parameters.heaviest_mean
    sufficient = is_in_range(parameters, origin, dtype) and not blurred(
        parameters, origin, dtype, SHARP_SCORE
    )
    return dtype if sufficient else FLOAT64


def is_sufficient(parameters: Parameters, origin: Array, dtype: np.dtype[Any]) -> bool:
    """Return whether a fit in this type, about ``origin`` (d), can be trusted."""
    return is_in_range(parameters, origin, dtype) and not blurred(
        parameters, origin, dtype
    )


def as_float64(
    rows: RowSource, weight: RowState | None
) -> tuple[RowSource, RowState | None]:
    """Return float32 rows and their weights in float64; those in memory are copied."""
    rows = rows.map(to_float64, sparse=False, dtype=FLOAT64)
    if weight is None:
        return rows, None
    return rows, rows.state_from_array(weight.to_numpy().astype(FLOAT64))


def is_in_range(parameters: Parameters, origin: Array, dtype: np.dtype[Any]) -> bool:
    """Return whether the type holds the squares that a pass about ``origin`` (d) takes.

    Those are squares of deviations from the means, of factors, and of means minus the
    origin. A variance of a million times the smallest normal number lets deviations of
    a thousandth of σ be squared without a loss of digits.
    """
    present = parameters.weights > PRESENT_WEIGHT
    limit = largest_square_root(dtype)
    return bool(
        _variances(parameters)[present].min() >= 1e6 * np.finfo(dtype).tiny
        and parameters.largest_cholesky <= limit
        and np.abs(parameters.means[present] - origin).max() <= limit
    )


def blurred(
    parameters: Parameters,
    origin: Array,
    dtype: np.dtype[Any],
    sharp: float = SHARP_FIT,
) -> tuple[int, int] | None:
    """Return a component and a feature whose σ the type cannot resolve, or None.

    x − origin is rounded to u = ε·|μ − origin|; the type resolves σ ≥ sharp·u.
    """
    distance = np.abs(parameters.means - origin)
    lost = np.sqrt(_variances(parameters)) < sharp * np.finfo(dtype).eps * distance
    lost &= (parameters.weights > PRESENT_WEIGHT)[:, np.newaxis]
    if not lost.any():
        return None
    component, feature = np.argwhere(lost)[0]
    return int(component), int(feature)


def check_float64(parameters: Parameters, origin: Array) -> None:
    """Raise if a fit has left the range of float64, warn if it has lost digits.

    Raises
    ------
    CollapsedCovarianceError
        If the squares of deviations are too small for float64.
    """
    if not is_in_range(parameters, origin, FLOAT64):
        least = _variances(parameters).min()
        raise CollapsedCovarianceError(
            f"a variance of the mixture is {least:.3g}, too small for float64 to add "
            "up squares of it: scale X so that it varies by 1e-150 at least, or raise "
            "reg_covar"
        )
    lost = blurred(parameters, origin, FLOAT64)
    if lost is not None:
        component, feature = lost
        deviation = float(np.sqrt(_variances(parameters)[component, feature]))
        warn_caller(
            f"component {component} has the standard deviation {deviation:.3g} in "
            f"feature {feature}, less than float64 can resolve at its distance from "
            "the mean of X: its covariance has lost digits; remove rows that are far "
            "away, or fit them separately",
            UserWarning,
        )


def _variances(parameters: Parameters) -> Array:
    return parameters.covariance_type.variances(
        parameters.covariances, parameters.means.shape
    )
