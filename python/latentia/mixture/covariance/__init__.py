"""The covariance types of a mixture, one file each.

For K components and d features; P is the triangular or diagonal factor with
Σ⁻¹ = P·Pᵀ, which the kernels read:

=========== ============ ============ ===========================
type        covariances  P            free parameters
=========== ============ ============ ===========================
full        (K, d, d)    upper        K·d(d + 1)/2
tied        (d, d)       upper        d(d + 1)/2
diag        (K, d)       diagonal     K·d
spherical   (K,)         a number     K
=========== ============ ============ ===========================
"""

from typing import get_args

from latentia._arguments import check_choice
from latentia.mixture.covariance.base import CovarianceName, CovarianceType
from latentia.mixture.covariance.diag import Diag
from latentia.mixture.covariance.full import Full
from latentia.mixture.covariance.spherical import Spherical
from latentia.mixture.covariance.tied import Tied

__all__ = [
    "COVARIANCES",
    "COVARIANCE_NAMES",
    "CovarianceName",
    "CovarianceType",
    "check_covariance_type",
]

COVARIANCE_NAMES: tuple[CovarianceName, ...] = get_args(CovarianceName)
COVARIANCES: dict[str, CovarianceType] = {
    "full": Full(),
    "tied": Tied(),
    "diag": Diag(),
    "spherical": Spherical(),
}


def check_covariance_type(
    value: object, name: str = "covariance_type"
) -> CovarianceType:
    """Return the covariance type of this name, or raise."""
    return COVARIANCES[check_choice(value, name, COVARIANCE_NAMES)]
