"""Rows on a grid: clipped, rounded to whole steps, lifted by one more entry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_real

Array = NDArray[Any]

GRID_BITS = 14
"""A clipped row is a whole multiple of its largest norm, divided by 2 to this power."""

_GRID = 2.0**GRID_BITS

_FAR = 1e10
"""Of the clip norm: where a row that is much farther is put, in its direction."""


@dataclass(frozen=True)
class Clip:
    """Rows on the grid: how a row is clipped, rounded and lifted.

    Attributes
    ----------
    centre : ndarray of shape (n_features,)
        Public, or from an earlier noisy sum.
    norm : float
        Largest distance R from the centre.
    lift : float
        The entry s, as a share of R.
    """

    centre: Array
    norm: float
    lift: float

    @property
    def unit(self) -> float:
        """Size of a step of the grid."""
        return self.norm / _GRID

    @property
    def lifted(self) -> float:
        """The entry s in steps of the grid, a whole number."""
        return float(max(round(self.lift * _GRID), 1))

    @property
    def sensitivity(self) -> float:
        """Largest ‖x̃x̃ᵀ‖ in squared steps of the grid."""
        return _GRID**2 + self.lifted**2

    def __call__(self, rows: Array) -> Array:
        """Return rows x̃ in steps of the grid, float64 (n_rows, n_features + 1)."""
        n_rows, n_features = rows.shape
        x = np.empty((n_rows, n_features + 1))
        x[:, -1] = self.lifted
        np.subtract(rows, self.centre, out=x[:, :-1])
        on_grid(x[:, :-1], self.norm)
        return x


def on_grid(x: Array, norm: float) -> None:
    """Clip rows to a norm, in place, and express them in whole steps of the grid.

    A row that is not finite becomes zero, which is for the caller to find.
    """
    # Rounding moves a row by √n_features/2 steps at most.
    most = (_GRID - 0.5 * math.sqrt(x.shape[1])) * (1 - 1e-12)
    if most <= 0:
        raise ValueError(
            f"X must have fewer than {int(4 * _GRID**2)} features, got {x.shape[1]}"
        )
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if norm < 1:  # quotients that overflow: the row is clipped all the same
            largest = np.abs(x).max(axis=1, initial=0)
            far = np.isfinite(largest) & ~np.isfinite(largest / norm)
            x[far] = x[far] / largest[far, None] * (norm * _FAR)
        x /= norm
        length = np.sqrt(np.einsum("ij,ij->i", x, x))
        large = ~np.isfinite(length)
        if large.any():  # squares that overflow: the row is clipped, only it is needed
            largest = np.abs(x[large]).max(axis=1, keepdims=True)
            x[large] = np.where(np.isfinite(largest), x[large] / largest, 0.0)
            length[large] = np.linalg.norm(x[large], axis=1)
        x *= np.minimum(_GRID, most / np.maximum(length, 1e-290))[:, None]
    np.rint(x, out=x)


def check_row_norm(row_norm: object) -> float:
    """Return the clip norm, or raise with advice."""
    if row_norm is None:
        raise ValueError(
            "row_norm must be given: rows with a larger Euclidean norm are scaled down "
            "to it. Choose it without looking at X, such as √n_features for features "
            "between −1 and 1; the noise grows with its square"
        )
    # Its square and the square of a step of the grid are numbers too.
    return check_real(row_norm, "row_norm", least=1e-70, most=1e70)


def check_centre(center: object, n_features: int) -> Array:
    """Return the public point that rows are clipped about (n_features,)."""
    if center is None:
        return np.zeros(n_features)
    found = np.asarray(center, dtype=np.float64)
    if found.ndim > 1 or (found.ndim == 1 and len(found) != n_features):
        raise ValueError(
            f"center must be a number or have {n_features} entries, got shape "
            f"{found.shape}"
        )
    if not np.isfinite(found).all():
        raise ValueError("center must be finite")
    return np.broadcast_to(found, n_features).copy()
