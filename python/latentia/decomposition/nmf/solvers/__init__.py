"""The updates of W and H, one file for each kind of objective.

=====================  ============  ======================  ===========================
file                   solver        divergence              entries
=====================  ============  ======================  ===========================
``frobenius``          hals and mu   Frobenius               all
``divergence``         mu            any β                   all, or the observed ones
``observed_hals``      hals          Frobenius               the observed ones
=====================  ============  ======================  ===========================
"""

from latentia.decomposition.nmf.solvers.base import (
    CENTRE,
    AdditiveSolver,
    Solver,
    Statistics,
)
from latentia.decomposition.nmf.solvers.divergence import DivergenceSolver
from latentia.decomposition.nmf.solvers.frobenius import FrobeniusSolver
from latentia.decomposition.nmf.solvers.observed_hals import ObservedHALSSolver

__all__ = [
    "CENTRE",
    "AdditiveSolver",
    "DivergenceSolver",
    "FrobeniusSolver",
    "ObservedHALSSolver",
    "Solver",
    "Statistics",
]
