"""Differentially private factorisation and images: the extra "privacy".

A fit is a few sums over rows. If no row can change a sum by more than a known amount,
Gaussian noise of that size hides every row, and so does all that is made of the sums.
"""

from typing import TYPE_CHECKING

from latentia._lazy import lazy

if TYPE_CHECKING:
    from latentia.privacy.accounting import PrivacySpent, parallel
    from latentia.privacy.audit import (
        Attack,
        MembershipAudit,
        audit_by_shadow_models,
        audit_membership,
    )
    from latentia.privacy.dp_sgd import DPSGD, BudgetExceededError
    from latentia.privacy.noise import PrivacyWarning
    from latentia.privacy.private_images import PrivateImages
    from latentia.privacy.private_mixture import PrivateGaussianMixture
    from latentia.privacy.private_pca import PrivatePCA
    from latentia.privacy.records import Mechanism, SampledMechanism
else:
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "latentia.privacy.accounting": ["PrivacySpent", "parallel"],
            "latentia.privacy.audit": [
                "Attack",
                "MembershipAudit",
                "audit_by_shadow_models",
                "audit_membership",
            ],
            "latentia.privacy.dp_sgd": ["DPSGD", "BudgetExceededError"],
            "latentia.privacy.noise": ["PrivacyWarning"],
            "latentia.privacy.private_images": ["PrivateImages"],
            "latentia.privacy.private_mixture": ["PrivateGaussianMixture"],
            "latentia.privacy.private_pca": ["PrivatePCA"],
            "latentia.privacy.records": ["Mechanism", "SampledMechanism"],
        },
    )

__all__ = [
    "DPSGD",
    "Attack",
    "BudgetExceededError",
    "Mechanism",
    "MembershipAudit",
    "PrivacySpent",
    "PrivacyWarning",
    "PrivateGaussianMixture",
    "PrivateImages",
    "PrivatePCA",
    "SampledMechanism",
    "audit_by_shadow_models",
    "audit_membership",
    "parallel",
]
