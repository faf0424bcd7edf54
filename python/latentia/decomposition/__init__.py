"""Matrix factorisation: randomized SVD, truncated SVD and PCA."""

from latentia.decomposition.pca import PCA
from latentia.decomposition.randomized_svd import randomized_svd
from latentia.decomposition.truncated_svd import TruncatedSVD

__all__ = ["PCA", "TruncatedSVD", "randomized_svd"]
