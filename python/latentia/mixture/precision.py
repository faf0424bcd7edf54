"""In which type a mixture is computed: that of the rows, as long as it is enough.

The kernels work about an origin amid the rows, and square what lies between a row and
a mean. float32 cannot hold the squares of numbers above 1e19 or below 1e-19, nor a
component's spread where it lies more than 1/ε spreads away from the origin. Nothing
is scaled then: the rows are read in float64, which holds the squares of all float32
numbers. What float64 has no room for either is an error, or a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from latentia._warnings import warn_caller
from latentia.mixture.parameters import (
    CollapsedCovarianceError,
    Parameters,
    heaviest_mean,
    largest_square_root,
)
from latentia.rows import RowSource, RowState

Array = NDArray[Any]


class Found(Protocol):
    """What a search for a mixture returns."""

    @property
    def parameters(self) -> Parameters:
        """The mixture."""

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the search."""


F = TypeVar("F", bound=Found)

DOUBLE = np.dtype(np.float64)
LARGEST_SINGLE = 1e17
"""Of float32 rows: a run's sum of a few thousand squares is in its range."""
LARGEST_DOUBLE = 1e150
SHARP_SUMS, SHARP_ROWS = 3.0, 32.0
"""Roundings in a deviation that leave a variance to 1 %, as these add a twelfth of
their square to it, and the log-density of a row four deviations off to 0.1."""
PRESENT = 1e-12
"""Weight of a component that rows belong to; the others stay where they began."""


def type_for_scoring(
    dtype: np.dtype[Any], max_abs: float, parameters: Parameters
) -> np.dtype[Any]:
    """Return in which type rows of size ``max_abs`` are scored."""
    if dtype == DOUBLE or max_abs > LARGEST_SINGLE:
        return DOUBLE
    origin = heaviest_mean(parameters)
    enough = in_range(parameters, origin, dtype) and not blurred(
        parameters, origin, dtype, SHARP_ROWS
    )
    return dtype if enough else DOUBLE


def in_enough_digits(
    run: Callable[[RowSource, RowState | None], tuple[F, Array]],
    rows: RowSource,
    weight: RowState | None,
    max_abs: float,
) -> F:
    """Return what ``run`` finds of the rows, and of them in float64 where it needs it.

    ``run`` (rows, their weights) -> (result, origin amid the rows).
    """
    if rows.dtype != DOUBLE:
        if max_abs <= LARGEST_SINGLE:
            try:
                found, origin = run(rows, weight)
            except CollapsedCovarianceError:
                pass  # perhaps of rounding alone
            else:
                parameters = found.parameters
                enough = in_range(parameters, origin, rows.dtype)
                if found.interrupted or (
                    enough and not blurred(parameters, origin, rows.dtype)
                ):
                    return found
        rows = in_double(rows)
        if weight is not None:
            weight = rows.state_from_array(weight.to_numpy().astype(DOUBLE))
    found, origin = run(rows, weight)
    check_double(found.parameters, origin)
    return found


def in_double(rows: RowSource) -> RowSource:
    """Return float32 rows as float64 ones; those in memory in a copy."""
    return rows.map(_to_double, sparse=False, dtype=DOUBLE)


def _to_double(block: Any) -> Array:
    double: Array = block.astype(DOUBLE)
    return double


def in_range(parameters: Parameters, origin: Array, dtype: np.dtype[Any]) -> bool:
    """Whether squares of deviations, of factors and of means about ``origin`` (d) fit.

    A million times the least normal number leaves the squares of smaller deviations
    than the standard one their digits.
    """
    present = parameters.weights > PRESENT
    most = largest_square_root(dtype)
    return bool(
        _variances(parameters)[present].min() >= 1e6 * np.finfo(dtype).tiny
        and parameters.largest_factor <= most
        and np.abs(parameters.means[present] - origin).max() <= most
    )


def blurred(
    parameters: Parameters,
    origin: Array,
    dtype: np.dtype[Any],
    sharp: float = SHARP_SUMS,
) -> tuple[int, int] | None:
    """Return a component and a feature whose spread the type cannot tell, if any.

    That is one where σ < sharp·ε·|μ − origin|: x − origin is rounded to about
    ε·|μ − origin|.
    """
    distance = np.abs(parameters.means - origin)
    lost = np.sqrt(_variances(parameters)) < sharp * np.finfo(dtype).eps * distance
    lost &= (parameters.weights > PRESENT)[:, np.newaxis]
    if not lost.any():
        return None
    component, feature = np.argwhere(lost)[0]
    return int(component), int(feature)


def check_double(parameters: Parameters, origin: Array) -> None:
    """Raise or warn about a fit that float64 has no room for.

    Raises
    ------
    CollapsedCovarianceError
        If a variance is so small that its squares leave the range of float64.
    """
    if not in_range(parameters, origin, DOUBLE):
        least = _variances(parameters).min()
        raise CollapsedCovarianceError(
            f"a variance of the mixture is {least:.3g}, too small for float64 to add "
            "up squares of it: scale X so that it varies by 1e-150 at least, or raise "
            "reg_covar"
        )
    lost = blurred(parameters, origin, DOUBLE)
    if lost is not None:
        component, feature = lost
        deviation = float(np.sqrt(_variances(parameters)[component, feature]))
        warn_caller(
            f"component {component} has the standard deviation {deviation:.3g} in "
            f"feature {feature}, below what float64 can tell at its distance from the "
            "mean of X: its covariance has lost digits; leave out rows far off, or fit "
            "them apart",
            UserWarning,
        )


def _variances(parameters: Parameters) -> Array:
    return parameters.type.variances(parameters.covariances, parameters.means.shape)
