"""The singular value decomposition: one file a step.

``plan`` chooses the method, ``krylov``, ``lanczos``, ``power`` and ``exact`` find the
subspace, ``finish`` turns it into U, s, Vᵀ; ``operator`` is what they multiply with,
``orthonormal`` what they keep orthonormal with, ``certificate`` what they promise, and
``extremes`` keeps numbers within range.
"""

from latentia.decomposition.svd.driver import Settings, decompose, solve
from latentia.decomposition.svd.extremes import in_safe_unit, in_unit_of_rows
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.result import Decomposition, column_signs

__all__ = [
    "Decomposition",
    "Operator",
    "Settings",
    "column_signs",
    "decompose",
    "in_safe_unit",
    "in_unit_of_rows",
    "solve",
]
