"""Adversarial losses, one file each.

``discriminator(real, fake)`` and ``generator(real, fake)`` are the losses of the two
networks for logits of shape (B,); only ``relativistic`` uses ``real`` in the second.
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
"""The penalty that each loss was published with, or needs to converge."""

__all__ = ["LOSSES", "PENALTY_OF", "penalties"]
