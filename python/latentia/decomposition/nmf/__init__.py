"""Non-negative matrix factorisation X ≈ W·H.

A fit goes straight through these modules: ``estimator`` (what users see), ``scan``
(one pass over X), ``options`` (the checked parameters), ``driver`` (the iterations),
``init`` (the first factors), ``solvers`` (the updates of W and H) and ``fit_state``
(the attributes of the fitted model).
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
