"""A start from responsibilities that the user gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import CovarianceType
from latentia.mixture.input_checks import check_array
from latentia.mixture.statistics import (
    FitData,
    SufficientStatistics,
    nearest_mean_statistics,
)

Array = NDArray[Any]

RESPONSIBILITY_TOLERANCE = 1e-3
"""Rows of responsibilities may differ from a sum of 1 by this much, as those of float16
or printed ones do; they are then divided by their sum."""


def given_responsibilities(
    init_params: Any, X: Any, n_rows: int, n_components: int, seed: int
) -> Array:
    """Return the responsibilities (n, K) of an array or a callable, or raise."""
    called = callable(init_params)
    name = "what init_params returned" if called else "init_params"
    if called:
        init_params = init_params(X, n_components, seed)
    found = check_array(init_params, name, (n_rows, n_components))
    total = found.sum(axis=1)
    bad = (found < 0).any(axis=1) | (np.abs(total - 1) > RESPONSIBILITY_TOLERANCE)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{name} must hold responsibilities, rows that are non-negative and sum to "
            f"1, got {found[row]} in row {row}"
        )
    responsibilities: Array = found / total[:, np.newaxis]
    return responsibilities


def statistics_of_responsibilities(
    data: FitData, type_: CovarianceType, responsibilities: Array
) -> SufficientStatistics:
    """Return the sums over all rows with these responsibilities (n, K).

    This takes one pass for each component, in which the weight of a row is its
    responsibility times its sample weight.
    """
    rows, weight = data.rows, data.weight
    of_rows = None if weight is None else weight.to_numpy()[:, np.newaxis]
    weights = responsibilities if of_rows is None else responsibilities * of_rows
    found = []
    for k in range(responsibilities.shape[1]):
        column = np.ascontiguousarray(weights[:, k], dtype=rows.dtype)
        of_component = replace(data, weight=rows.state_from_array(column))
        means = data.origin[np.newaxis]
        found.append(nearest_mean_statistics(of_component, type_, means))
    second = [one.second_moment for one in found]
    return SufficientStatistics(
        sum(one.log_likelihood for one in found),
        np.concatenate([one.weight for one in found]),
        np.concatenate([one.first_moment for one in found]),
        sum(second[1:], second[0]) if type_.name == "tied" else np.concatenate(second),
        np.concatenate([one.reference_points for one in found]),
    )
