"""Made mixtures whose components overlap, in any size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.benchmarks.data import DType


def made_mixture(
    n: int,
    d: int,
    n_components: int,
    *,
    spread: float,
    variety: float,
    dtype: DType = "float64",
    seed: int = 0,
) -> NDArray[np.floating[Any]]:
    """Draw rows from a mixture of correlated Gaussians with standard deviations near 1.

    ``x = μ_k + A_k z`` with ``z`` standard normal, ``μ_k`` normal with a standard
    deviation of ``spread``, ``A_k`` the identity plus a normal matrix of the spectral
    norm ``2 variety``, about. The last component comes twice as often as the first.

    Parameters
    ----------
    n, d, n_components : int
        Rows, features, components.
    spread : float
        How far the means lie apart.
    variety : float
        How different the covariances are.
    dtype : {"float32", "float64"}
    seed : int

    Returns
    -------
    ndarray of shape (n, d)
    """
    rng = np.random.default_rng(seed)
    means = spread * rng.standard_normal((n_components, d))
    deviation = rng.standard_normal((n_components, d, d)) / np.sqrt(d)
    mixing = np.eye(d) + variety * deviation
    shares = np.linspace(1, 2, n_components)
    component = rng.choice(n_components, n, p=shares / shares.sum())
    X = rng.standard_normal((n, d))
    for k in range(n_components):
        drawn = component == k
        X[drawn] = means[k] + X[drawn] @ mixing[k].T
    return X.astype(dtype, copy=False)
