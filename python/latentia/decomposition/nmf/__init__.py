"""Non-negative matrix factorisation X ≈ W·H.

``data`` takes X in, ``start`` finds first factors, an engine of ``engines/`` improves
them, ``driver`` iterates until they stand still, ``estimator`` is what users see.
"""

from latentia.decomposition.nmf.estimator import NMF
from latentia.decomposition.nmf.function import non_negative_factorization
from latentia.decomposition.nmf.validation import RankValidation, cross_validate_rank

__all__ = [
    "NMF",
    "RankValidation",
    "cross_validate_rank",
    "non_negative_factorization",
]
