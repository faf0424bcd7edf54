"""Matrix factorisation: randomized SVD, truncated SVD, PCA and NMF."""

from latentia.decomposition.nmf import (
    NMF,
    RankValidation,
    cross_validate_rank,
    non_negative_factorization,
)
from latentia.decomposition.pca import PCA
from latentia.decomposition.randomized_svd import randomized_svd
from latentia.decomposition.truncated_svd import TruncatedSVD

__all__ = [
    "NMF",
    "PCA",
    "RankValidation",
    "TruncatedSVD",
    "cross_validate_rank",
    "non_negative_factorization",
    "randomized_svd",
]
