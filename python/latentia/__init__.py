"""latentia: matrix factorisation, Gaussian mixtures and small image generators.

The kernels are written in C++; the interface is that of scikit-learn.
"""

from typing import TYPE_CHECKING

from latentia._lazy import lazy
from latentia._native import kernels

if TYPE_CHECKING:
    from latentia._threads import n_threads
    from latentia._version import __version__ as __version__
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
else:
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "latentia._threads": ["n_threads"],
            "latentia._version": ["__version__"],
            "latentia.compression": ["compress"],
            "latentia.decomposition": [
                "NMF",
                "PCA",
                "RankValidation",
                "TruncatedSVD",
                "cross_validate_rank",
                "non_negative_factorization",
                "randomized_svd",
            ],
            "latentia.mixture": [
                "GaussianMixture",
                "MixtureSelection",
                "select_mixture",
            ],
        },
        folders=[
            "compression",
            "datasets",
            "decomposition",
            "evaluation",
            "generative",
            "mixture",
            "pages",
            "plots",
            "privacy",
            "recommend",
            "report",
            "rows",
        ],
    )


def cpu_level() -> str:
    """Return the CPU level of the kernels in use: v2, v3, v4 (x86-64) or generic.

    Returns
    -------
    str

    Examples
    --------
    >>> import latentia
    >>> latentia.cpu_level() in ("v2", "v3", "v4", "generic")
    True
    """
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
