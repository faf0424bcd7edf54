"""The games that a generator and a discriminator can play, one file each.

``discriminator(real, fake)`` and ``generator(real, fake)`` are the losses of the two
for logits of shape (B,); only ``relativistic`` looks at ``real`` in the second.
"""

from types import ModuleType

from latentia.generative.losses import (
    hinge,
    minimax,
    nonsaturating,
    penalties,
    relativistic,
    wasserstein,
)

LOSSES: dict[str, ModuleType] = {
    "relativistic": relativistic,
    "nonsaturating": nonsaturating,
    "hinge": hinge,
    "wasserstein": wasserstein,
    "minimax": minimax,
}

PENALTY_OF = {
    "relativistic": "r1r2",
    "nonsaturating": "r1",
    "hinge": "none",
    "wasserstein": "gradient",
    "minimax": "none",
}
"""The penalty that each was published with, or that it needs to converge."""

__all__ = ["LOSSES", "PENALTY_OF", "penalties"]
