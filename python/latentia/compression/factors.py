"""Two factors in whole numbers, and the search for the coarsest that are good enough.

A ≈ Δ·Y·D·V, where Y (m × k) and V (k × n) hold integers, D is diagonal with powers of
two, and Δ is the step: how far apart two values of a coordinate are.
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

# Coordinates below 0.6 of a step become zero. Most are near zero: rounding more of them
# to it costs less in error than it saves in bytes (files are 2 to 5 % smaller).
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
        """Return the components (k, n) as real numbers, each of a length about 1."""
        components = self.components.astype(float)
        unit: Array = np.ldexp(components, -self.exponents[:, np.newaxis])
        return unit

    def rows(self, which: slice) -> Array:
        """Return rows of the product (m, n).

        float64 adds such whole numbers and halves without rounding, as long as the sum
        has no more than 53 bits: then every machine finds the same.
        """
        return self.step * (
            self.coordinates[which].astype(float) @ self.unit_components()
        )


def round_coordinates(Y: Array, step: float) -> Array:
    """Return Y / step in whole numbers, as floats."""
    return np.copysign(np.floor(np.abs(Y) / step + _ROUNDING), Y)


def round_components(V: Array, sizes: Array, step: float) -> tuple[Array, Array]:
    """Return components (k, n) of length 1 in whole numbers, and their exponents.

    An error δ in an entry of component j costs sizeⱼ²·δ² where sizeⱼ is the length of
    its coordinates, and an error of a coordinate Δ²: a byte buys as much in both if
    sizeⱼ·δ = Δ. A power of two near it keeps the product exact.
    """
    exponents = np.rint(np.log2(sizes / step) - 0.25).astype(np.int64)
    return np.rint(np.ldexp(V, exponents[:, np.newaxis])), exponents


def as_factors(Y: Array, V: Array, exponents: Array, step: float) -> Factors | None:
    """Return factors without the components that are zero; None if out of range."""
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
        Relative error that is asked for.
    find : callable
        Gives the factors for a squared relative error, as far as their search can tell.
    measure : callable
        Gives the relative error of the images that come out in the end.

    Returns
    -------
    Factors or None
        None if no step was fine enough.
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
        # What rounding of components and pixels adds hardly depends on the step.
        square = min(max(square + error**2 - reached**2, square / 4), 4 * square)
    return best
