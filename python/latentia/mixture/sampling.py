"""Draws from a mixture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.parameters import Parameters


def draw_rows(
    mixture: Parameters, n: int, random: Any
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return n rows (n, d) drawn from the mixture, and their components, ascending.

    ``random`` is a Generator or a RandomState.
    """
    counts = random.multinomial(n, mixture.weights / mixture.weights.sum())
    X = random.standard_normal((n, mixture.means.shape[1]))
    for k, rows in enumerate(np.split(X, np.cumsum(counts)[:-1])):
        rows[:] = mixture.means[k] + mixture.covariance_type.colour(
            rows, mixture.precision_cholesky, k
        )
    return X, np.repeat(np.arange(len(counts)), counts)
