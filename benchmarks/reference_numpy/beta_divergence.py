"""How far ``W H`` is from ``A``.

References
----------
Févotte & Idier (2011), "Algorithms for nonnegative matrix factorization with the
β-divergence", Neural Computation 23(9), arXiv:1010.1763.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from latentia.benchmarks.reference_numpy.svd import FloatArray

Known: TypeAlias = NDArray[np.bool_] | None

FLOOR = np.finfo(np.float32).eps
"""What scikit-learn puts in the place of less, in both types, where it divides."""


def divergence(
    A: FloatArray, W: FloatArray, H: FloatArray, beta: float = 2.0, known: Known = None
) -> float:
    """Sum ``d_β(a | wh)`` over the observed entries, in float64.

    Where ``a`` is at most the rounding unit of float32 it counts as zero, and where it
    is not, ``wh`` counts as at least that: both as in scikit-learn.
    """
    WH = W.astype(np.float64) @ H
    a, wh = (A.ravel(), WH.ravel()) if known is None else (A[known], WH[known])
    if beta == 2:
        return float(((a - wh) ** 2).sum() / 2)
    positive = a > FLOOR
    x, y = a[positive].astype(np.float64), np.maximum(wh[positive], FLOOR)
    if beta == 1:
        return float((x * np.log(x / y) - x).sum() + wh.sum())
    if beta == 0:
        return float((x / y - np.log(x / y)).sum() - a.size)
    terms = (x**beta - beta * x * y ** (beta - 1)).sum()
    return float((terms + (beta - 1) * (wh**beta).sum()) / (beta * (beta - 1)))
