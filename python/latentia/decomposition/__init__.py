"""Matrix factorisation: randomized SVD, truncated SVD, PCA and NMF."""

from typing import TYPE_CHECKING

from latentia._lazy import lazy
from latentia.decomposition.pca import PCA
from latentia.decomposition.randomized_svd import randomized_svd
from latentia.decomposition.truncated_svd import TruncatedSVD

if TYPE_CHECKING:
    from latentia.decomposition.nmf import (
        NMF,
        RankValidation,
        cross_validate_rank,
        non_negative_factorization,
    )
else:
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "latentia.decomposition.nmf": [
                "NMF",
                "RankValidation",
                "cross_validate_rank",
                "non_negative_factorization",
            ],
        },
    )

__all__ = [
    "NMF",
    "PCA",
    "RankValidation",
    "TruncatedSVD",
    "cross_validate_rank",
    "non_negative_factorization",
    "randomized_svd",
]
