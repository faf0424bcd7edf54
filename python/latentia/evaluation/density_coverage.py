"""Density and coverage: fidelity and diversity of generated samples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from latentia.evaluation._feature_checks import check_neighbours, check_pair
from latentia.evaluation.distances import kth_distance, squared_distances


class DensityCoverage(NamedTuple):
    """Density and coverage of generated samples.

    Attributes
    ----------
    density : float
        Mean number of real neighbourhoods that contain a generated sample, divided by
        k. About 1 for samples of the real distribution. It can be above 1, which is no
        better: samples then lie only where real ones are dense.
    coverage : float
        Share of real samples whose neighbourhood contains a generated one, 0..1. Larger
        is better.

    Examples
    --------
    >>> from latentia.evaluation import DensityCoverage
    >>> scores = DensityCoverage(density=0.97, coverage=0.91)
    >>> density, coverage = scores
    >>> coverage
    0.91
    """

    density: float
    coverage: float


def density_coverage(
    real: ArrayLike, generated: ArrayLike, *, k: int = 5
) -> DensityCoverage:
    """Return density and coverage of generated features.

    The neighbourhood of a real sample is the ball around it with the distance to its
    k-th nearest real neighbour as radius. These scores are robust to outliers, unlike
    precision and recall (Sajjadi et al. 2018, Kynkäänniemi et al. 2019).

    Parameters
    ----------
    real, generated : array-like of shape (n, d)
        Features of the same space.
    k : int, default=5
        Less than the number of real samples.

    Returns
    -------
    DensityCoverage

    Raises
    ------
    ValueError, TypeError
        Shapes that do not match, fewer than two rows, values that are not finite, or a
        k that is too large.

    References
    ----------
    M. Naeem, S. Oh, Y. Uh, Y. Choi and J. Yoo, "Reliable fidelity and diversity metrics
    for generative models", ICML 2020.
    M. Sajjadi, O. Bachem, M. Lucic, O. Bousquet and S. Gelly, "Assessing generative
    models via precision and recall", NeurIPS 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.evaluation import density_coverage
    >>> real, generated = np.random.default_rng(0).normal(size=(2, 500, 3))
    >>> density_coverage(real, generated).coverage > 0.9
    True
    >>> density_coverage(real, generated + 10).coverage
    0.0
    """
    X, Y = check_pair(real, generated)
    k = check_neighbours(k, len(X), "real")
    radius = kth_distance(X, k)
    n_inside = 0
    reached = np.zeros(len(X), dtype=bool)
    for rows, _, tile in squared_distances(X, Y):
        inside = tile <= radius[rows, np.newaxis]
        n_inside += int(np.count_nonzero(inside))
        reached[rows] |= inside.any(axis=1)
    return DensityCoverage(n_inside / (k * len(Y)), float(reached.mean()))
