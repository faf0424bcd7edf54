"""What Ctrl-C leaves behind."""

from __future__ import annotations

from sklearn.exceptions import ConvergenceWarning


class FitInterruptedWarning(ConvergenceWarning):  # type: ignore[misc]
    """Ctrl-C ended a fit, which keeps the best that it had found."""
