"""latentia: matrix factorisation, Gaussian mixtures and small image generators.

The kernels are written in C++; the interface is that of scikit-learn.
"""

from importlib.metadata import version

from latentia._native import kernels
from latentia._threads import n_threads
from latentia.compression import compress
from latentia.decomposition import (
    NMF,
    PCA,
    RankValidation,
    TruncatedSVD,
    cross_validate_rank,
    non_negative_factorization,
    randomized_svd,
)
from latentia.mixture import GaussianMixture, MixtureSelection, select_mixture

__version__ = version("latentia")


def cpu_level() -> str:
    """Return the CPU level of the kernels in use: v2, v3, v4 (x86-64) or generic."""
    return kernels.level


__all__ = [
    "NMF",
    "PCA",
    "GaussianMixture",
    "MixtureSelection",
    "RankValidation",
    "TruncatedSVD",
    "compress",
    "cpu_level",
    "cross_validate_rank",
    "n_threads",
    "non_negative_factorization",
    "randomized_svd",
    "select_mixture",
]
