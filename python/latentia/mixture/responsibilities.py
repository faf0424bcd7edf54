"""A start from responsibilities: how much every row belongs to every component."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.arguments import check_array
from latentia.mixture.covariance import CovarianceType
from latentia.mixture.parameters import Sums
from latentia.mixture.passes import start_pass
from latentia.rows import RowSource, RowState

Array = NDArray[Any]


def responsibilities_of(
    init_params: Any, X: Any, n_rows: int, n_components: int, seed: int
) -> Array:
    """Return the responsibilities (n, K) of an array or a callable, or raise."""
    called = callable(init_params)
    name = "what init_params returned" if called else "init_params"
    if called:
        init_params = init_params(X, n_components, seed)
    if init_params is None:
        raise TypeError(f"{name} must be an array of responsibilities, got None")
    found = check_array(init_params, name, (n_rows, n_components))
    total = found.sum(axis=1)
    bad = (found < 0).any(axis=1) | (np.abs(total - 1) > 1e-3)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{name} must hold responsibilities: rows that are not negative and add up "
            f"to 1, got {found[row]} in row {row}"
        )
    shares: Array = found / total[:, np.newaxis]
    return shares


def sums_of_responsibilities(
    rows: RowSource,
    weight: RowState | None,
    type_: CovarianceType,
    shares: Array,
    origin: Array,
    n_threads: int,
) -> tuple[Sums, Array]:
    """Return the sums of rows that belong to components by ``shares`` (n, K).

    A pass for each component, in which a row weighs as much as belongs to it.
    """
    of_rows = None if weight is None else weight.to_numpy()[:, np.newaxis]
    weights = shares if of_rows is None else shares * of_rows
    found = [
        start_pass(
            rows,
            rows.state_from_array(
                np.ascontiguousarray(weights[:, k], dtype=rows.dtype)
            ),
            type_,
            origin[np.newaxis],
            origin,
            n_threads,
        )
        for k in range(shares.shape[1])
    ]
    points = np.concatenate([centre for _, centre in found])
    second = [sums.second for sums, _ in found]
    together = Sums(
        sum(sums.gain for sums, _ in found),
        np.concatenate([sums.weight for sums, _ in found]),
        np.concatenate([sums.first for sums, _ in found]),
        sum(second[1:], second[0]) if type_.name == "tied" else np.concatenate(second),
    )
    return together, points
