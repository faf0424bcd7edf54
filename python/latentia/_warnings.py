"""Warnings that point to the line of the user."""

from __future__ import annotations

import sys
import warnings


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn at the innermost line outside latentia and scikit-learn.

    A fixed ``stacklevel`` would not work, because scikit-learn wraps methods of
    estimators, some of them more than once.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("latentia", "sklearn")
