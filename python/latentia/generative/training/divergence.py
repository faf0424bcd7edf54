"""Detection of gradients that are not finite."""

from __future__ import annotations

import torch
from torch import Tensor

ATTEMPTS = 3
"""Rollbacks, each with half the learning rate, before the training fails."""


class TrainingDivergedError(ArithmeticError):
    """Gradients were not finite, even with smaller learning rates.

    Examples
    --------
    >>> from latentia.generative import TrainingDivergedError
    >>> try:
    ...     raise TrainingDivergedError("the gradients were not finite")
    ... except ArithmeticError as error:  # it is an ArithmeticError
    ...     print(error)
    the gradients were not finite
    """


class GradientMonitor:
    """Counts gradients that are not finite, without making the device wait."""

    def __init__(self, device: torch.device) -> None:
        self._bad = torch.zeros((), device=device, dtype=torch.float32)

    @torch.no_grad()
    def observe(self, gradients: list[Tensor]) -> None:
        """Count those of a step."""
        norms = torch.stack(torch._foreach_norm(gradients))
        self._bad += (~torch.isfinite(norms)).sum()

    def n_bad(self) -> float:
        """Return the count since the last call, and reset it."""
        bad = float(self._bad)
        self._bad.zero_()
        return bad
