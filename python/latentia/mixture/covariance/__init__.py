"""Covariance types: what a mixture's Gaussians may look like, one file each.

Shapes, for K components and d features, and the triangular or diagonal factor P with
Σ⁻¹ = P·Pᵀ that the kernels read:

=========== ============ ============ ===========================
type        covariances  P            free parameters
=========== ============ ============ ===========================
full        (K, d, d)    upper        K·d(d + 1)/2
tied        (d, d)       upper        d(d + 1)/2
diag        (K, d)       diagonal     K·d
spherical   (K,)         a number     K
=========== ============ ============ ===========================
"""

from latentia.mixture.covariance.base import CovarianceType
from latentia.mixture.covariance.diag import Diag
from latentia.mixture.covariance.full import Full
from latentia.mixture.covariance.spherical import Spherical
from latentia.mixture.covariance.tied import Tied

__all__ = ["COVARIANCES", "CovarianceType"]

COVARIANCES: dict[str, CovarianceType] = {
    "full": Full(),
    "tied": Tied(),
    "diag": Diag(),
    "spherical": Spherical(),
}
