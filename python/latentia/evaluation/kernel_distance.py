"""Kernel distance (KID): the unbiased squared MMD of a cubic kernel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from latentia._arguments import check_count
from latentia.evaluation._feature_checks import Features, check_pair


class KernelDistance(NamedTuple):
    """A kernel distance and its standard error.

    Attributes
    ----------
    value : float
        Smaller is better. The estimate is unbiased, so for samples of one distribution
        it is around 0 and can be negative.
    standard_error : float
        Standard deviation between blocks, divided by the root of their number.

    Examples
    --------
    >>> from latentia.evaluation import KernelDistance
    >>> distance = KernelDistance(value=0.012, standard_error=0.003)
    >>> distance.value / distance.standard_error
    4.0
    """

    value: float
    standard_error: float


def kernel_distance(
    real: ArrayLike, generated: ArrayLike, *, n_blocks: int = 10
) -> KernelDistance:
    """Return the kernel distance between two sets of features.

    It is the unbiased squared maximum mean discrepancy of the kernel (x·y/d + 1)³,
    averaged over blocks: rows i, i + n_blocks, i + 2 n_blocks, … of both sets are block
    i. Unlike the Fréchet distance it is not biased by the number of rows.

    Parameters
    ----------
    real, generated : array-like of shape (n, d)
        Features of the same space, at least 2 n_blocks rows each. The numbers of rows
        can differ.
    n_blocks : int, default=10
        At least 2.

    Returns
    -------
    KernelDistance

    Raises
    ------
    ValueError, TypeError
        Shapes that do not match, too few rows, or values that are not finite.

    References
    ----------
    M. Bińkowski, D. Sutherland, M. Arbel and A. Gretton, "Demystifying MMD GANs",
    ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.evaluation import kernel_distance
    >>> real, generated = np.random.default_rng(0).normal(size=(2, 500, 3))
    >>> near = kernel_distance(real, generated)
    >>> far = kernel_distance(real, generated + 1)
    >>> near.value < 4 * near.standard_error < far.value
    True
    """
    n_blocks = check_count(n_blocks, "n_blocks", least=2)
    X, Y = check_pair(real, generated, least=2 * n_blocks)
    with np.errstate(over="ignore", invalid="ignore"):
        blocks = [_discrepancy(X[i::n_blocks], Y[i::n_blocks]) for i in range(n_blocks)]
    if not np.isfinite(blocks).all():
        raise ValueError("features are too large for the cubic kernel: scale them")
    error = np.std(blocks, ddof=1) / np.sqrt(n_blocks)
    return KernelDistance(float(np.mean(blocks)), float(error))


def _discrepancy(X: Features, Y: Features) -> float:
    return _mean_of_pairs(X) + _mean_of_pairs(Y) - 2 * float(_kernel(X, Y).mean())


def _mean_of_pairs(X: Features) -> float:
    """Return the mean of the kernel over pairs of different rows."""
    K = _kernel(X, X)
    return float((K.sum() - np.trace(K)) / (len(X) * (len(X) - 1)))


def _kernel(X: Features, Y: Features) -> Features:
    return np.asarray((X @ Y.T / X.shape[1] + 1) ** 3)
