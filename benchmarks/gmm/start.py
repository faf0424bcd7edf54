"""One start for all methods, so that all climb to the same place."""

import numpy as np
from sklearn.cluster import KMeans

from latentia.benchmarks.reference_numpy import (
    CovarianceType,
    FloatArray,
    Start,
    inverse,
    m_step,
)

_ROWS = 10_000
_LLOYD_STEPS = 10


def short_start(
    X: FloatArray, n_components: int, covariance_type: CovarianceType
) -> Start:
    """Take the clusters that a short k-means finds among the first rows.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    n_components : int
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    Start
        In the type of ``X``, so that nobody has to compute in a wider one.
    """
    rows = X[:_ROWS].astype(np.float64)
    k_means = KMeans(n_components, n_init=1, max_iter=_LLOYD_STEPS, random_state=0)
    # Each row belongs to its cluster alone.
    r = np.eye(n_components)[k_means.fit(rows).labels_]
    weights, means, covariances = m_step(rows, r, covariance_type)
    precisions = inverse(covariances, covariance_type)
    return Start(*(part.astype(X.dtype) for part in (weights, means, precisions)))
