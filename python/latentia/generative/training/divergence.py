"""When a training explodes: count, roll back, try gently, and in the end say so."""

from __future__ import annotations

import torch
from torch import Tensor

ATTEMPTS = 3


class TrainingDivergedError(ArithmeticError):
    """Gradients were not finite, again and again, with ever smaller learning rates."""


class GradientMonitor:
    """Counts gradients that are not finite, without making the device wait."""

    def __init__(self, device: torch.device) -> None:
        self._bad = torch.zeros((), device=device, dtype=torch.float32)

    @torch.no_grad()
    def observe(self, gradients: list[Tensor]) -> None:
        """Note the gradients of a step."""
        norms = torch.stack(torch._foreach_norm(gradients))
        self._bad += (~torch.isfinite(norms)).sum()

    def n_bad(self) -> float:
        """Return the count since the last call, and begin again."""
        bad = float(self._bad)
        self._bad.zero_()
        return bad
