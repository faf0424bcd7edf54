"""The same algorithms in plain NumPy: the benchmarks' peer and the tests' oracle."""

from latentia.benchmarks.reference_numpy.beta_divergence import Known, divergence
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
from latentia.benchmarks.reference_numpy.nmf import (
    Factors,
    Penalty,
    hals_nmf,
    hals_update,
    multiplicative_nmf,
    multiplicative_update,
    normal_equations,
)
from latentia.benchmarks.reference_numpy.recommend import (
    ease,
    implicit_als_half,
    implicit_objective,
    ndcg,
    top_items,
)
from latentia.benchmarks.reference_numpy.svd import (
    SVD,
    FloatArray,
    Matrix,
    block_krylov_svd,
    randomized_svd,
)

__all__ = [
    "SVD",
    "CovarianceType",
    "EMResult",
    "Factors",
    "FloatArray",
    "Known",
    "Matrix",
    "Penalty",
    "Start",
    "block_krylov_svd",
    "divergence",
    "e_step",
    "ease",
    "em",
    "hals_nmf",
    "hals_update",
    "implicit_als_half",
    "implicit_objective",
    "inverse",
    "log_likelihood",
    "m_step",
    "multiplicative_nmf",
    "multiplicative_update",
    "ndcg",
    "normal_equations",
    "randomized_svd",
    "top_items",
]
