"""Factors with the fewest bytes by the singular value decomposition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._blas import serial_blas
from latentia.compression.factors import (
    Factors,
    as_factors,
    coarsest,
    round_components,
    round_coordinates,
)
from latentia.decomposition import randomized_svd

Array = NDArray[Any]

_FIRST_RANK = 256
_HALVINGS = 16


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """A's leading right singular vectors V (n, k), and A's coordinates Y = A·V."""

    A: Array
    Y: Array
    V: Array
    square: float  # ‖A‖²

    def step_for(self, square: float) -> float:
        """Return the largest step with a squared error of at most ``square``.

        By bisection: the error increases with the step, except for small fluctuations.
        """
        low = np.sqrt(square / self.A.size)
        high = 2.0**12 * low
        for _ in range(_HALVINGS):
            step = float(np.sqrt(low * high))
            if self.square - self._gains(step)[1].sum() <= square:
                low = step
            else:
                high = step
        return float(low)

    def kept(self, step: float) -> Array:
        """Return which components reduce the error enough for their bytes."""
        return self._gains(step)[0]

    def _gains(self, step: float) -> tuple[Array, Array]:
        """Return which components are kept, and by how much each reduces the error.

        Near the best step one bit reduces the squared error by about Δ²/8, and an entry
        of a component needs several bits: Δ² per entry gave the smallest files.
        """
        rounded = step * round_coordinates(self.Y, step)
        # ‖y‖² − ‖y − r‖²
        gain = np.einsum("ij,ij->j", rounded, 2 * self.Y - rounded, dtype=float)
        kept = gain > len(self.V) * step**2
        return kept, np.where(kept, gain, 0)

    def round(self, step: float) -> Factors | None:
        """Round the components, then the least-squares coordinates for them."""
        kept = self.kept(step)
        Y = self.Y[:, kept]
        sizes = np.sqrt(np.einsum("ij,ij->j", Y, Y, dtype=float))
        Vt, exponents = round_components(self.V[:, kept].T, sizes, step)
        unit = np.ldexp(Vt, -exponents[:, np.newaxis])
        # Least squares: Y = A·Bᵀ·(B·Bᵀ)⁻¹ for the rows of B = unit.
        projection = np.linalg.lstsq(unit @ unit.T, unit, rcond=None)[0].T
        Y = self.A @ projection.astype(self.A.dtype)
        return as_factors(round_coordinates(Y, step), Vt, exponents, step)


def svd_factors(
    A: Array, error: float, seed: int, measure: Callable[[Factors], float]
) -> Factors | None:
    """Return factors of rows A (m, n) whose error, by ``measure``, is small enough.

    All coordinates have the same rounding step. Components whose coordinates are below
    it are dropped (reverse water-filling), which determines the rank, and how the error
    is divided between dropped components and rounding.

    Returns
    -------
    Factors or None
        None if a large matrix needs a quarter of all components (smaller blocks then
        give smaller files), or steps below the precision.

    References
    ----------
    T. Cover and J. Thomas, "Elements of Information Theory", 2nd edition, 2006, section
    10.3.3: reverse water-filling.
    """
    with serial_blas():
        square = float(np.einsum("ij,ij->", A, A, dtype=float))
        limit = min(*A.shape, max(_FIRST_RANK, min(A.shape) // 4))
        spectrum = _enough(A, error**2 * square, square, limit, seed)
        if spectrum is None:
            return None
        return coarsest(
            error,
            lambda share: spectrum.round(spectrum.step_for(share * square)),
            measure,
        )


def _enough(
    A: Array, allowed: float, square: float, limit: int, seed: int
) -> _Spectrum | None:
    """Return singular vectors until the last one does not reduce the error enough."""
    k = min(limit, _FIRST_RANK)
    while True:
        Vt = randomized_svd(A, k, tol=1e-3, random_state=seed)[2]
        spectrum = _Spectrum(A, A @ Vt.T, Vt.T, square)
        if k == min(A.shape) or not spectrum.kept(spectrum.step_for(allowed))[-1]:
            return spectrum
        if k == limit:
            return None
        k = min(2 * k, limit)
