"""Membership inference: what a model, or its images, tell about who was trained on.

Every record gets a score that is higher for members (`scores`, or the likelihood ratio
of `shadow_models`). Its ROC curve is summed up in `rates`, and a lower bound of ε that
holds for one training follows from the guesses at one threshold (`lower_bound`).
"""

from latentia.privacy.audit.membership import audit_membership
from latentia.privacy.audit.result import Attack, MembershipAudit
from latentia.privacy.audit.shadow_models import audit_by_shadow_models

__all__ = [
    "Attack",
    "MembershipAudit",
    "audit_by_shadow_models",
    "audit_membership",
]
