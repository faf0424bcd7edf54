"""Two factors of integers, and the search for the largest step that is exact enough.

A ≈ Δ·Y·D·V, where Y (m × k) and V (k × n) hold integers, D is diagonal with powers of
two, and Δ is the step: the difference between neighbouring values of a coordinate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_CLOSE = 0.995
_MOST_ATTEMPTS = 32
_PATIENCE = 8
_LARGEST = 2.0**29  # the difference of two has 31 bits with its sign

# Coordinates below 0.6 of a step become zero. As most are near zero, this adds little
# error and makes files 2 to 5 % smaller.
_ROUNDING = 0.4


@dataclass(frozen=True, eq=False)
class Factors:
    """A ≈ step · coordinates · 2^−exponents · components.

    Attributes
    ----------
    coordinates : ndarray of int64 or int32, shape (m, k)
    components : ndarray of int64 or int32, shape (k, n)
    exponents : ndarray of int64, shape (k,)
    step : float
    """

    coordinates: Array
    components: Array
    exponents: Array
    step: float

    @classmethod
    def of_nothing(cls, m: int, n: int) -> Factors:
        """Return the factors of an (m, n) matrix of zeros."""
        empty = np.zeros(0, np.int64)
        return cls(empty.reshape(m, 0), empty.reshape(0, n), empty, 1.0)

    def unit_components(self) -> Array:
        """Return the components (k, n) as floats, each with a norm of about 1."""
        components = self.components.astype(float)
        unit: Array = np.ldexp(components, -self.exponents[:, np.newaxis])
        return unit

    def rows(self, which: slice) -> Array:
        """Return rows of the product (m, n).

        float64 adds these multiples of powers of two without rounding as long as the
        sum has at most 53 bits, so the result is the same on every machine.
        """
        return self.step * (
            self.coordinates[which].astype(float) @ self.unit_components()
        )


def round_coordinates(Y: Array, step: float) -> Array:
    """Return Y / step rounded to integers, as floats."""
    return np.copysign(np.floor(np.abs(Y) / step + _ROUNDING), Y)


def round_components(V: Array, sizes: Array, step: float) -> tuple[Array, Array]:
    """Return components (k, n) of norm 1 in integers, and their exponents.

    An error δ in an entry of component j adds sizeⱼ²·δ² to the squared error, where
    sizeⱼ is the norm of its coordinates; an error of a coordinate adds Δ². A byte has
    the same effect in both if sizeⱼ·δ = Δ. The nearest power of two keeps the product
    exact.
    """
    exponents = np.rint(np.log2(sizes / step) - 0.25).astype(np.int64)
    return np.rint(np.ldexp(V, exponents[:, np.newaxis])), exponents


def as_factors(Y: Array, V: Array, exponents: Array, step: float) -> Factors | None:
    """Return factors without zero components; None if a number is out of range."""
    if max(np.abs(Y).max(initial=0), np.abs(V).max(initial=0)) > _LARGEST:
        return None
    used = Y.any(axis=0) & V.any(axis=1)
    return Factors(
        Y[:, used].astype(np.int64), V[used].astype(np.int64), exponents[used], step
    )


def coarsest(
    error: float,
    find: Callable[[float], Factors | None],
    measure: Callable[[Factors], float],
) -> Factors | None:
    """Return the factors of the largest step whose images are within the error.

    Parameters
    ----------
    error : float
        Largest relative error.
    find : callable
        Returns factors for an estimated squared relative error.
    measure : callable
        Returns the relative error of the decompressed images.

    Returns
    -------
    Factors or None
        None if no step was small enough.
    """
    best: Factors | None = None
    square = error**2
    for attempt in range(_MOST_ATTEMPTS):
        factors = find(square)
        if factors is None:
            break
        reached = measure(factors)
        if reached <= error and (best is None or factors.step > best.step):
            best = factors
        if best is not None and (_CLOSE * error <= reached <= error):
            break
        if best is not None and attempt >= _PATIENCE:
            break
        # The error from rounding components and pixels hardly depends on the step.
        square = min(max(square + error**2 - reached**2, square / 4), 4 * square)
    return best
