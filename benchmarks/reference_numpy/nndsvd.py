"""Where a non-negative matrix factorisation starts from: non-negative double SVD.

References
----------
Boutsidis & Gallopoulos (2008), "SVD based initialization: a head start for nonnegative
matrix factorization", Pattern Recognition 41(4).
"""

from typing import Any, Literal, TypeAlias

import numpy as np
from sklearn.utils import check_random_state

from latentia.benchmarks.reference_numpy.nmf import Factors
from latentia.benchmarks.reference_numpy.svd import FloatArray, Matrix, randomized_svd

NNDSVD: TypeAlias = Literal["nndsvd", "nndsvda", "nndsvdar"]

_NEGLIGIBLE = 1e-6


def nndsvd(A: Matrix, k: int, variant: NNDSVD = "nndsvda", *, seed: int = 0) -> Factors:
    """Take the positive or the negative parts of ``k`` pairs of singular vectors.

    Zeros of the factors stay zero (nndsvd), become the mean of ``A`` (nndsvda), or
    small random numbers (nndsvdar), which are scikit-learn's for the same seed.
    """
    U, s, Vt = randomized_svd(A, k)
    pairs = [_larger_part(*pair) for pair in zip(s, U.T, Vt, strict=True)]
    W = np.stack([w for w, _ in pairs], axis=1)
    H = np.stack([h for _, h in pairs])
    mean, rng = A.mean(), check_random_state(seed)
    for factor in (W, H):
        factor[factor < _NEGLIGIBLE] = 0
        zeros = factor == 0
        if variant == "nndsvda":
            factor[zeros] = mean
        if variant == "nndsvdar":
            factor[zeros] = np.abs(mean * rng.standard_normal(zeros.sum()) / 100)
    return Factors(W, H)


def _larger_part(
    s: np.floating[Any], u: FloatArray, v: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return of ``s u vᵀ`` the larger of ``s u⁺ v⁺ᵀ`` and ``s u⁻ v⁻ᵀ``, as ``w hᵀ``.

    ``w`` and ``h`` are equally long.
    """
    positive, negative = (
        (np.maximum(u, 0), np.maximum(v, 0)),
        (np.maximum(-u, 0), np.maximum(-v, 0)),
    )
    w, h = max(negative, positive, key=_size)
    if _size((w, h)) == 0:
        return w, h
    length = np.sqrt(s * _size((w, h)))
    return length * w / np.linalg.norm(w), length * h / np.linalg.norm(h)


def _size(pair: tuple[FloatArray, FloatArray]) -> np.floating[Any]:
    return np.linalg.norm(pair[0]) * np.linalg.norm(pair[1])
