"""Fréchet distance between two sets of features, each taken for a Gaussian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.evaluation._samples import check_features


@dataclass(frozen=True, eq=False)
class GaussianStatistics:
    """What the Fréchet distance needs of one side; worth keeping for the real one.

    Attributes
    ----------
    mean : ndarray of float64, shape (d,)
    covariance : ndarray of float64, shape (d, d)
        Unbiased: divided by n − 1.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Raise unless the shapes fit and the numbers are those of a Gaussian."""
        mean, covariance = np.asarray(self.mean), np.asarray(self.covariance)
        if mean.ndim != 1 or not mean.size or covariance.shape != 2 * mean.shape:
            raise ValueError(
                "mean and covariance must have the shapes (d,) and (d, d), got "
                f"{mean.shape} and {covariance.shape}"
            )
        if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
            raise ValueError("mean and covariance must be finite")
        if not np.allclose(covariance, covariance.T, atol=1e-8 * np.ptp(covariance)):
            raise ValueError("covariance must be symmetric")


def gaussian_statistics(features: ArrayLike) -> GaussianStatistics:
    """Return mean and covariance of features.

    Parameters
    ----------
    features : array-like of shape (n, d)
        n ≥ 2. Fewer than d + 1 make the covariance singular, and the distance biased.

    Returns
    -------
    GaussianStatistics
        In float64.

    Raises
    ------
    ValueError, TypeError
        Not of this shape, not finite, or not real numbers.
    """
    X = check_features(features, "features")
    mean = X.mean(axis=0)
    centred = X - mean
    return GaussianStatistics(mean, centred.T @ centred / (len(X) - 1))


def frechet_distance(
    real: ArrayLike | GaussianStatistics, generated: ArrayLike | GaussianStatistics
) -> float:
    """Return the Fréchet distance between two sets of features.

    The squared 2-Wasserstein distance between Gaussians of the sets' means and
    covariances, |m − m'|² + tr(C + C' − 2(CC')^½). With features of Inception v3 it is
    what is known as FID.

    Parameters
    ----------
    real, generated : array-like of shape (n, d), or GaussianStatistics
        Features of the same space. Numbers of rows may differ; the distance is biased
        upwards, the more so the fewer there are, so compare at the same numbers only.

    Returns
    -------
    float
        0 for the same mean and covariance; in the features' unit squared.

    Raises
    ------
    ValueError, TypeError
        Shapes that do not fit, fewer than two rows, or values that are not finite.

    References
    ----------
    D. Dowson and B. Landau, "The Fréchet distance between multivariate normal
    distributions", Journal of Multivariate Analysis 12 (1982).
    M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local
    Nash equilibrium", NeurIPS 2017.
    """
    a, b = _statistics(real), _statistics(generated)
    if a.mean.shape != b.mean.shape:
        raise ValueError(
            "real and generated must come from one feature space, got "
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

    With C = AAᵀ and D = BBᵀ, CD has the eigenvalues of (AᵀB)(AᵀB)ᵀ: those of (CD)^½ are
    the singular values of AᵀB. So nothing is inverted, no root of rounding errors is
    taken, and both may be singular.
    """
    factors = _factor(C).T @ _factor(D)
    return float(np.linalg.svd(factors, compute_uv=False).sum())


def _factor(C: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return A with AAᵀ = C; eigenvalues below zero are rounding errors."""
    values, vectors = np.linalg.eigh(C)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))
