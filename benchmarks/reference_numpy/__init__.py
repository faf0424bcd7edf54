"""The same algorithms in plain NumPy: the benchmarks' peer and the tests' oracle."""

from latentia.benchmarks.reference_numpy.em import (
    CovarianceType,
    EMResult,
    Start,
    e_step,
    em,
    inverse,
    log_likelihood,
    m_step,
)
from latentia.benchmarks.reference_numpy.svd import (
    SVD,
    FloatArray,
    Matrix,
    PCAResult,
    block_krylov_svd,
    pca,
    randomized_svd,
)

__all__ = [
    "SVD",
    "CovarianceType",
    "EMResult",
    "FloatArray",
    "Matrix",
    "PCAResult",
    "Start",
    "block_krylov_svd",
    "e_step",
    "em",
    "inverse",
    "log_likelihood",
    "m_step",
    "pca",
    "randomized_svd",
]
