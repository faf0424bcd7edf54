"""latentia: finds what lies hidden in matrices and images.

Matrix factorisation with kernels in C++ behind scikit-learn's interface.
"""

from importlib.metadata import version

from latentia._native import kernels
from latentia._threads import n_threads
from latentia.decomposition import PCA, TruncatedSVD, randomized_svd

__version__ = version("latentia")


def cpu_level() -> str:
    """Return the CPU level of the kernels in use: v2, v3, v4 (x86-64) or generic."""
    return kernels.level


__all__ = ["PCA", "TruncatedSVD", "cpu_level", "n_threads", "randomized_svd"]
