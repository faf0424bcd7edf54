"""The sufficient statistics of a mixture: what one pass over the rows adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture.covariance import COVARIANCES, CovarianceType
from latentia.mixture.parameters import KernelForm, Parameters, centred_means
from latentia.rows import Block, RowSource, RowState
from latentia.rows.backend import kernels_of

Array = NDArray[Any]


@dataclass(frozen=True)
class SufficientStatistics:
    """Sums over rows x with responsibilities r and sample weights w.

    c_k are the reference points: sums of (x − c)² about a point near the mean lose no
    digits to its distance from zero.

    Attributes
    ----------
    log_likelihood : float
        Σ w·log p(x). If rows were assigned to the nearest mean, −Σ w·‖x − mean‖².
    weight : ndarray of shape (K,)
        Σ w·r.
    first_moment : ndarray of shape (K, d)
        Σ w·r (x − c).
    second_moment : ndarray
        Σ w·r (x − c)(x − c)ᵀ: full (K, d, d); tied (d, d), summed over the components;
        diag and spherical (K, d), the diagonals.
    reference_points : ndarray of shape (K, d)
    """

    log_likelihood: float
    weight: Array
    first_moment: Array
    second_moment: Array
    reference_points: Array

    def __add__(self, other: SufficientStatistics) -> SufficientStatistics:
        """Return the sums over both sets of rows; the reference points are the same."""
        return replace(
            self,
            log_likelihood=self.log_likelihood + other.log_likelihood,
            weight=self.weight + other.weight,
            first_moment=self.first_moment + other.first_moment,
            second_moment=self.second_moment + other.second_moment,
        )

    def scaled(self, factor: float) -> SufficientStatistics:
        """Return the sums with all sample weights multiplied by ``factor``."""
        return replace(
            self,
            log_likelihood=factor * self.log_likelihood,
            weight=factor * self.weight,
            first_moment=factor * self.first_moment,
            second_moment=factor * self.second_moment,
        )


@dataclass(frozen=True)
class FitData:
    """The rows of a fit, and what every pass over them needs.

    Attributes
    ----------
    rows : RowSource
    weight : RowState or None
        Sample weights (n,) of mean 1, in the rows' type and blocks; None if all are 1.
    origin : ndarray of shape (d,)
        The weighted mean of the rows.
    n_threads : int
    """

    rows: RowSource
    weight: RowState | None
    origin: Array
    n_threads: int

    def add_up(
        self, kernel: Callable[..., SufficientStatistics]
    ) -> SufficientStatistics:
        """Return the sums of ``kernel`` (block, n_threads[, weights]) over all rows."""
        if self.weight is None:
            return self.rows.reduce(kernel, n_threads=self.n_threads)
        return self.rows.reduce_with(kernel, self.weight, n_threads=self.n_threads)


def fit_data(
    rows: RowSource, weight: RowState | None, mean: Array, n_threads: int
) -> FitData:
    """Return the rows of a fit; ``mean`` (d) is the mean without weights.

    The origin is the weighted mean: a row of weight zero, however far away, does not
    move it.
    """
    data = FitData(rows, weight, mean, n_threads)
    if weight is None:
        return data
    found = nearest_mean_statistics(data, COVARIANCES["diag"], mean[np.newaxis])
    shift = found.first_moment[0] / found.weight[0]
    return replace(data, origin=found.reference_points[0] + shift)


def e_step_statistics(data: FitData, parameters: Parameters) -> SufficientStatistics:
    """Return the sums over all rows, r the components' posterior probabilities."""
    mixture = parameters.kernel_form(data.rows.dtype, data.origin)

    def pass_about(centre: Array, points: Array) -> SufficientStatistics:
        return data.add_up(
            partial(_e_step, mixture=mixture, centre=centre, reference_points=points)
        )

    return _without_cancellation(
        pass_about, parameters.covariance_type, mixture.origin, mixture.centre
    )


def nearest_mean_statistics(
    data: FitData, type_: CovarianceType, means: Array
) -> SufficientStatistics:
    """Return the sums over all rows, with r = 1 for the nearest mean, 0 else."""
    return _start_statistics(data, type_, means, None)


def random_statistics(
    data: FitData, type_: CovarianceType, n_components: int, seed: int
) -> SufficientStatistics:
    """Return the sums over all rows with random responsibilities."""
    means = np.repeat(data.origin[np.newaxis], n_components, axis=0)
    return _start_statistics(data, type_, means, seed)


def _start_statistics(
    data: FitData, type_: CovarianceType, means: Array, seed: int | None
) -> SufficientStatistics:
    origin, means = centred_means(means, data.origin, data.rows.dtype)

    def pass_about(centre: Array, points: Array) -> SufficientStatistics:
        start = (type_.name, origin, means, centre, seed)
        return data.add_up(partial(_assign, start=start, reference_points=points))

    return _without_cancellation(pass_about, type_, origin, means)


def _e_step(
    block: Block,
    n_threads: int,
    weight: Array | None = None,
    *,
    mixture: KernelForm,
    centre: Array,
    reference_points: Array,
) -> SufficientStatistics:
    sums = kernels_of(block).e_step_statistics(
        block, weight, *mixture, centre, n_threads
    )
    return SufficientStatistics(*sums, reference_points)


def _assign(
    block: Block,
    n_threads: int,
    weight: Array | None = None,
    *,
    start: tuple[str, Array, Array, Array, int | None],
    reference_points: Array,
) -> SufficientStatistics:
    sums = kernels_of(block).init_statistics(block, weight, *start, n_threads)
    return SufficientStatistics(*sums, reference_points)


def _without_cancellation(
    pass_about: Callable[[Array, Array], SufficientStatistics],
    type_: CovarianceType,
    origin: Array,
    centre: Array,
) -> SufficientStatistics:
    """Return the sums about reference points that are near enough to the means.

    ``pass_about`` (centre, origin + centre) reads the rows. If the means lie too far
    from the first reference points, the rows are read again, about the means.
    """

    def sums_about(centre: Array) -> SufficientStatistics:
        points = origin.astype(np.float64) + centre.astype(np.float64)
        return pass_about(centre, points)

    found = sums_about(centre)
    if cancels(type_, found, origin.dtype):
        weight = np.maximum(found.weight, np.finfo(np.float64).tiny)
        shift = found.first_moment / weight[:, np.newaxis]
        found = sums_about((centre + shift).astype(origin.dtype))
    return found


def cancels(
    type_: CovarianceType, statistics: SufficientStatistics, dtype: np.dtype[Any]
) -> bool:
    """Return whether a variance has lost its digits to cancellation.

    Variance = second moment − shift², where the shift is the distance of a mean from
    its reference point; the second moment is rounded to about ε·shift². Three digits of
    the variance are left while ε·shift² ≤ 1e-3·variance: up to a shift of 90 standard
    deviations in float32, and of two million in float64.
    """
    weight = np.maximum(statistics.weight, np.finfo(np.float64).tiny)
    shift = statistics.first_moment / weight[:, np.newaxis]
    covariances = type_.covariances(weight, shift, statistics.second_moment)
    variances = type_.variances(covariances, shift.shape)
    lost = shift**2 * np.finfo(dtype).eps > 1e-3 * variances
    return bool((lost & (statistics.weight > 0)[:, np.newaxis]).any())
