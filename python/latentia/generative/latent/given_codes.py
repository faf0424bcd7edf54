"""Checks of codes that a user gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.datasets.levels import plain_array


def check_codes(z: Any, latent_dim: int, name: str = "z") -> NDArray[np.float32]:
    """Return codes as a new array, or raise.

    Parameters
    ----------
    z : array-like or tensor of shape (n, latent_dim)
        At least one row of finite numbers.
    latent_dim : int
    name : str
        How error messages call them.

    Returns
    -------
    codes : ndarray of float32, shape (n, latent_dim)
    """
    given = plain_array(z)
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, got {given.dtype.name}")
    if given.ndim != 2 or given.shape[1] != latent_dim or not len(given):
        advice = ""
        if given.shape == (latent_dim,):
            advice = f"; {name}[None] is one code"
        raise ValueError(
            f"{name} must have shape (n, {latent_dim}), as latent_dim_ is, with at "
            f"least one row, got {given.shape}{advice}"
        )
    with np.errstate(over="ignore"):
        codes = np.array(given, dtype=np.float32, order="C")
    faults = np.argwhere(~np.isfinite(codes))
    if len(faults):
        i, j = faults[0]
        raise ValueError(
            f"{name} must hold finite numbers of float32, got {name}[{i}, {j}] = "
            f"{given[i, j]}"
        )
    return codes
