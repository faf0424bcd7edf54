"""Fréchet distance between two sets of features, each modelled as a Gaussian."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.evaluation._feature_checks import Features, check_features

_BLOCK = 2**14
"""Rows whose centred copy is made at a time."""


@dataclass(frozen=True, eq=False)
class GaussianStatistics:
    """Mean and covariance of features, from which the Fréchet distance is computed.

    Attributes
    ----------
    mean : ndarray of float64, shape (d,)
    covariance : ndarray of float64, shape (d, d)
        Unbiased: divided by n − 1.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.evaluation import GaussianStatistics, frechet_distance
    >>> one = GaussianStatistics(np.zeros(2), np.eye(2))
    >>> two = GaussianStatistics(np.array([3.0, 4.0]), np.eye(2))
    >>> round(frechet_distance(one, two), 6)  # 3² + 4²
    25.0
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Raise unless these are the mean and covariance of a Gaussian."""
        mean, covariance = (
            np.asarray(array, dtype=np.float64)
            for array in (self.mean, self.covariance)
        )
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "covariance", covariance)
        if mean.ndim != 1 or not mean.size or covariance.shape != 2 * mean.shape:
            raise ValueError(
                "mean and covariance must have the shapes (d,) and (d, d), got "
                f"{mean.shape} and {covariance.shape}"
            )
        if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
            raise ValueError("mean and covariance must be finite")
        if not np.allclose(covariance, covariance.T, atol=1e-8 * np.ptp(covariance)):
            raise ValueError("covariance must be symmetric")
        variances = np.diag(covariance)
        if variances.min() < -1e-8 * np.abs(variances).max():
            raise ValueError(f"variances must be ≥ 0, got {variances.min():g}")


def gaussian_statistics(
    features: ArrayLike | Iterator[ArrayLike],
) -> GaussianStatistics:
    """Return mean and covariance of features, summed block by block.

    Parameters
    ----------
    features : array-like of shape (n, d), or iterator of such blocks
        n ≥ 2. With fewer than d + 1 rows the covariance is singular and the distance
        is biased. Only one block of an iterator is in memory at a time:
        ``gaussian_statistics(map(space, blocks))``.

    Returns
    -------
    GaussianStatistics
        Arrays of float64.

    Raises
    ------
    ValueError, TypeError
        Features of another shape, not finite, or not real numbers.

    References
    ----------
    T. Chan, G. Golub and R. LeVeque, "Updating formulae and a pairwise algorithm for
    computing sample variances", COMPSTAT 1982.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.evaluation import gaussian_statistics
    >>> blocks = (np.random.default_rng(i).normal(size=(100, 3)) for i in range(50))
    >>> gaussian_statistics(blocks).covariance.shape
    (3, 3)
    """
    n, mean, scatter = 0, None, None
    for block in _blocks(features):
        m, centre = len(block), block.mean(axis=0)
        centred = block - centre
        own = centred.T @ centred
        if mean is None or scatter is None:
            n, mean, scatter = m, centre, own
            continue
        if len(centre) != len(mean):
            raise ValueError(
                f"every block of features must have {len(mean)} columns, got "
                f"{len(centre)}"
            )
        # S + S' + nm/(n + m) · δδᵀ, with δ between the means.
        shift = centre - mean
        scatter += own + np.outer(shift, shift) * (n * m / (n + m))
        mean = mean + shift * (m / (n + m))
        n += m
    if mean is None or scatter is None or n < 2:
        raise ValueError(f"features must have at least 2 rows, got {n}")
    return GaussianStatistics(mean, scatter / (n - 1))


def _blocks(features: ArrayLike | Iterator[ArrayLike]) -> Iterator[Features]:
    """Yield features in float64, of an array at most ``_BLOCK`` rows at a time."""
    if isinstance(features, Iterator):
        for i, block in enumerate(features):
            yield check_features(block, f"block {i} of features", least=1)
        return
    array = np.asarray(features)
    if array.ndim != 2 or len(array) <= _BLOCK:
        yield check_features(array, "features")
        return
    for start in range(0, len(array), _BLOCK):
        try:
            yield check_features(array[start : start + _BLOCK], "features", least=1)
        except ValueError:
            check_features(array, "features")  # its error counts rows of all blocks
            raise


def frechet_distance(
    real: ArrayLike | GaussianStatistics, generated: ArrayLike | GaussianStatistics
) -> float:
    """Return the Fréchet distance between two sets of features.

    It is the squared 2-Wasserstein distance between two Gaussians with the means and
    covariances of the sets, ‖m − m'‖² + tr(C + C' − 2(CC')^½). With features of
    Inception v3 it is known as FID.

    Parameters
    ----------
    real, generated : array-like of shape (n, d), or GaussianStatistics
        Features of the same space. The numbers of rows can differ. The distance is
        biased upwards, more so with fewer rows: compare only distances of equal numbers
        of rows.

    Returns
    -------
    float
        Smaller is better; 0 if mean and covariance are equal. Its unit is the squared
        unit of the features.

    Raises
    ------
    ValueError, TypeError
        Shapes that do not match, fewer than two rows, or values that are not finite.

    References
    ----------
    D. Dowson and B. Landau, "The Fréchet distance between multivariate normal
    distributions", Journal of Multivariate Analysis 12 (1982).
    M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local
    Nash equilibrium", NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.evaluation import frechet_distance
    >>> real = np.random.default_rng(0).normal(size=(500, 3))
    >>> round(frechet_distance(real, real + 2), 6)  # 3 features, each moved by 2
    12.0
    """
    a, b = _statistics(real), _statistics(generated)
    if a.mean.shape != b.mean.shape:
        raise ValueError(
            "real and generated must be of one feature space, got "
            f"{len(a.mean)} and {len(b.mean)} features"
        )
    difference = a.mean - b.mean
    traces = np.trace(a.covariance) + np.trace(b.covariance)
    overlap = _trace_of_root(a.covariance, b.covariance)
    return max(float(difference @ difference + traces - 2 * overlap), 0.0)


def _statistics(side: ArrayLike | GaussianStatistics) -> GaussianStatistics:
    return side if isinstance(side, GaussianStatistics) else gaussian_statistics(side)


def _trace_of_root(C: NDArray[np.float64], D: NDArray[np.float64]) -> float:
    """Return tr((CD)^½) of two covariances.

    With C = AAᵀ and D = BBᵀ, CD has the eigenvalues of (AᵀB)(AᵀB)ᵀ, so those of (CD)^½
    are the singular values of AᵀB. This needs no inverse and no root of rounding
    errors, and both covariances can be singular.
    """
    factors = _factor(C).T @ _factor(D)
    return float(np.linalg.svd(factors, compute_uv=False).sum())


def _factor(C: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return A with AAᵀ = C; eigenvalues below zero are rounding errors."""
    values, vectors = np.linalg.eigh(C)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))
