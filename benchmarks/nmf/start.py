"""One start for all methods, so that all come from the same place."""

import numpy as np

from latentia.benchmarks.reference_numpy import Factors, Matrix


def random_start(A: Matrix, k: int, *, seed: int = 0) -> Factors:
    """Draw factors whose product has about the mean of ``A``.

    Parameters
    ----------
    A : array or sparse matrix of shape (m, n)
    k : int
    seed : int

    Returns
    -------
    Factors
        Half-normal, in the type of ``A``.
    """
    rng = np.random.default_rng(seed)
    m, n = A.shape
    scale = np.sqrt(A.mean() / k)
    W, H = (
        np.abs(scale * rng.standard_normal(shape)).astype(A.dtype)
        for shape in ((m, k), (k, n))
    )
    return Factors(W, H)
