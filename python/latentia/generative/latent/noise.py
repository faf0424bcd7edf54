"""Standard normal noise that depends on the seed, the image and the dimension only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_count, check_real
from latentia._native import kernels
from latentia._threads import n_threads


def normal(seed: int, n: int, dim: int) -> NDArray[np.float32]:
    """Return standard normal numbers, shape (n, dim).

    Row i depends on the seed, i and ``dim`` alone: it is the same for every n.
    """
    noise = np.empty((n, dim), dtype=np.float32)
    kernels.fill_normal(noise, check_seed(seed), n_threads())
    return noise


def check_seed(seed: object, name: str = "seed") -> int:
    """Return a seed that the kernels take, or raise."""
    checked = check_count(seed, name, least=0)
    if checked >= 2**63:
        raise ValueError(f"{name} must be below 2**63, got {seed}")
    return checked


def check_truncation(value: object) -> float:
    """Return a share of the distance from the mean, above 0 and at most 1, or raise."""
    return check_real(value, "truncation", above=0, most=1)
