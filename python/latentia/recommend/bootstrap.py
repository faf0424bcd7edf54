"""Bootstrap intervals of means over users."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import draw_seed

_RESAMPLES_AT_ONCE = 32


def bootstrap(
    per_user: dict[str, NDArray[np.float64]],
    n_bootstrap: int,
    confidence: float,
    random_state: Any,
) -> dict[str, NDArray[np.float64]]:
    """Return low and high of each metric: percentiles of means of resampled users."""
    random = np.random.default_rng(draw_seed(random_state))
    shape = next(iter(per_user.values())).shape
    n_users, n_values = shape[0], shape[1] * shape[2]
    flat = np.concatenate([m.reshape(n_users, n_values) for m in per_user.values()], 1)
    missing = np.isnan(flat)  # novelty of an empty list
    values = np.where(missing, 0.0, flat)
    means = np.empty((n_bootstrap, flat.shape[1]))
    for begin in range(0, n_bootstrap, _RESAMPLES_AT_ONCE):
        count = min(_RESAMPLES_AT_ONCE, n_bootstrap - begin)
        weights = np.empty((count, n_users))
        for one in weights:
            drawn = random.integers(n_users, size=n_users)
            one[:] = np.bincount(drawn, minlength=n_users)
        totals = n_users - (weights @ missing if missing.any() else 0.0)
        with np.errstate(invalid="ignore"):  # 0 / 0: all drawn lists are empty
            means[begin : begin + count] = (weights @ values) / totals
    tail = (1 - confidence) / 2
    bounds = np.full((2, flat.shape[1]), np.nan)
    some = ~np.isnan(means).all(axis=0)
    bounds[:, some] = np.nanquantile(means[:, some], [tail, 1 - tail], axis=0)
    parts = np.split(bounds, len(per_user), axis=1)
    return {
        name: part.reshape(2, shape[1], shape[2])
        for name, part in zip(per_user, parts, strict=True)
    }
