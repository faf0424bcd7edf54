"""Gaussian noise that nobody can draw again, rounded to whole numbers."""

from __future__ import annotations

import math
import secrets
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from latentia._arguments import as_random, draw_seed
from latentia._warnings import warn_caller

Array = NDArray[Any]


class PrivacyWarning(UserWarning):
    """A result is not as private, or not as useful, as it may look.

    Examples
    --------
    >>> import warnings
    >>> from latentia.privacy import PrivacyWarning, PrivatePCA
    >>> X = [[0.1, 0.2], [0.3, 0.1], [0.2, 0.2]]
    >>> pca = PrivatePCA(1, epsilon=1, delta=1e-6, row_norm=1.0, random_state=0)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = pca.fit(X)  # a seed: who knows it can remove the noise
    >>> any(issubclass(w.category, PrivacyWarning) for w in caught)
    True
    """


class NoiseSource:
    """Standard normal numbers, from the operating system or from a seed.

    Parameters
    ----------
    random_state : int, RandomState, Generator or None
        None draws every number from the entropy of the operating system.
    """

    def __init__(self, random_state: Any) -> None:
        self.seeded = random_state is not None
        self._random = as_random(random_state) if self.seeded else None
        if self.seeded:
            warn_caller(
                "random_state was given: whoever knows it can remove the noise, so the "
                "result is not private. Leave it out, but in tests",
                PrivacyWarning,
            )

    def normal(self, shape: tuple[int, ...]) -> Array:
        """Return independent standard normal numbers, float64."""
        if self._random is not None:
            drawn: Array = self._random.normal(size=shape)
            return drawn
        n = math.prod(shape)
        bits = np.frombuffer(secrets.token_bytes(8 * n), dtype=np.uint64)
        # One bit is the sign, 63 are where in the lower half: tails reach −9σ.
        lower = ((bits >> np.uint64(1)).astype(np.float64) + 0.5) * 2.0**-64
        sign = 1.0 - 2.0 * (bits & np.uint64(1)).astype(np.float64)
        found: Array = (sign * ndtri(lower)).reshape(shape)
        return found

    def seed(self) -> int:
        """Return a seed for random numbers that hide nothing."""
        return secrets.randbits(31) if self._random is None else draw_seed(self._random)

    def integers(self, shape: tuple[int, ...], std: float) -> Array:
        """Return rounded normal numbers of standard deviation ``std``, int64."""
        return np.rint(std * self.normal(shape)).astype(np.int64)

    def symmetric(self, shape: tuple[int, ...], std: float) -> Array:
        """Return symmetric matrices: ``std`` on the diagonal, std/√2 off it."""
        if not std:
            return np.zeros(shape, dtype=np.int64)
        upper = np.triu(self.normal(shape), 1) * (std / math.sqrt(2.0))
        diagonal = self.normal(shape[:-1]) * std
        noise = upper + np.swapaxes(upper, -1, -2)
        d = np.arange(shape[-1])
        noise[..., d, d] = diagonal
        return np.rint(noise).astype(np.int64)


def warn_delta(delta: float, count: float) -> None:
    """Warn if δ is as large as one row in all: then it allows to publish a row."""
    if delta >= 1 / count:
        warn_caller(
            f"delta={delta:g} is not below 1/n of about {count:.0f} rows: such a δ "
            "allows to publish a whole row now and then. Take 1/n² or less",
            PrivacyWarning,
        )
