"""Differentially private factorisation and images: ``pip install "latentia[privacy]"``.

A fit is a few sums over rows. If no row can change a sum by more than a known amount,
Gaussian noise of that size hides every row, and so does all that is made of the sums.
"""

from typing import TYPE_CHECKING

from latentia._lazy import lazy

if TYPE_CHECKING:
    from latentia.privacy.accounting import (
        Mechanism,
        PrivacySpent,
        SampledMechanism,
        parallel,
    )
    from latentia.privacy.mechanisms import PrivacyWarning
    from latentia.privacy.private_pca import PrivatePCA
else:
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "latentia.privacy.accounting": [
                "Mechanism",
                "PrivacySpent",
                "SampledMechanism",
                "parallel",
            ],
            "latentia.privacy.mechanisms": ["PrivacyWarning"],
            "latentia.privacy.private_pca": ["PrivatePCA"],
        },
    )

__all__ = [
    "Mechanism",
    "PrivacySpent",
    "PrivacyWarning",
    "PrivatePCA",
    "SampledMechanism",
    "parallel",
]
