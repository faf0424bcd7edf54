"""The singular value decomposition: one file a step.

``plan`` chooses the method. ``krylov``, ``lanczos``, ``power`` and ``exact`` find a
subspace (``projection``) and ``rayleigh_ritz`` computes U, s, Vᵀ from it. They multiply
with ``operator``, orthonormalise with ``orthonormal`` and bound errors with
``certificate``; ``extremes`` keeps very large and very small numbers in range.
"""

from latentia.decomposition.svd.driver import SVDOptions, decompose, solve
from latentia.decomposition.svd.extremes import in_safe_unit, in_unit_of_rows
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.result import Decomposition, column_signs

__all__ = [
    "Decomposition",
    "Operator",
    "SVDOptions",
    "column_signs",
    "decompose",
    "in_safe_unit",
    "in_unit_of_rows",
    "solve",
]
