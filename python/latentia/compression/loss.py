"""Squared errors of images, without a second copy of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def squares(a: NDArray[Any], b: NDArray[Any] | None = None) -> float:
    """Return ‖a − b‖², or ‖a‖², of images (n, H, ...)."""
    total = 0.0
    for i in range(a.shape[1]):
        difference = a[:, i].astype(float)
        if b is not None:
            difference -= b[:, i]
        total += float(np.square(difference).sum())
    return total
