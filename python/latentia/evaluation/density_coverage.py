"""Density and coverage: do generated samples lie where real ones do, and everywhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from latentia.evaluation._distances import kth_distance, squared_distances
from latentia.evaluation._samples import check_neighbours, check_pair


class DensityCoverage(NamedTuple):
    """How real the generated samples are, and how much of the real ones they reach.

    Attributes
    ----------
    density : float
        How many real neighbourhoods a generated sample lies in, on average, over k.
        About 1 for samples of the real distribution; not bounded by it.
    coverage : float
        Share of real samples whose neighbourhood holds a generated one, 0..1.
    """

    density: float
    coverage: float


def density_coverage(
    real: ArrayLike, generated: ArrayLike, *, k: int = 5
) -> DensityCoverage:
    """Return density and coverage of generated features.

    The neighbourhood of a real sample is the ball around it that reaches to its k-th
    nearest real neighbour. In place of precision and recall, which outliers spoil
    (Sajjadi et al. 2018, Kynkäänniemi et al. 2019).

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
        Shapes that do not fit, fewer than two rows, values that are not finite, or a k
        that is too large.

    References
    ----------
    M. Naeem, S. Oh, Y. Uh, Y. Choi and J. Yoo, "Reliable fidelity and diversity metrics
    for generative models", ICML 2020.
    M. Sajjadi, O. Bachem, M. Lucic, O. Bousquet and S. Gelly, "Assessing generative
    models via precision and recall", NeurIPS 2018.
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
