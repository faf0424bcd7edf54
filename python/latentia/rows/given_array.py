"""Small arrays that a caller gives next to the rows: weights and parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.rows.backend import to_numpy
from latentia.rows.kinds import torch_tensor


def float64_array(value: Any, name: str) -> NDArray[np.float64]:
    """Return a copy of an array-like or a tensor of real numbers in float64.

    Raises
    ------
    TypeError
        If it holds anything else.
    """
    if np.ma.is_masked(value):
        raise TypeError(
            f"{name} must not be a masked array, whose mask would be lost: fill it"
        )
    if value is not None:
        try:
            array = np.asarray(to_numpy(value) if torch_tensor(value) else value)
            if array.dtype.kind in "biufO":
                return array.astype(np.float64)
        except (TypeError, ValueError):  # a ragged list, or objects but no numbers
            pass
    kind = getattr(value, "dtype", None)
    got = repr(value) if kind is None else f"a {type(value).__name__} of {kind}"
    raise TypeError(f"{name} must be an array of numbers, got {got}")
