"""Noisy sums over rows: clipping, noise, and the sums that the fits are made of.

A row x (n_features) is clipped to norm R about a public centre and lifted by one more
entry, x̃ = (x, s). The sum of all x̃x̃ᵀ then holds Σ xxᵀ, s·Σ x and s²·n at once. In
the norm of Frobenius, one row more or less changes it by

    ‖x̃x̃ᵀ‖ = ‖x‖² + s² ≤ R² + s².

Its diagonal entries and √2 times those above them are coordinates of that norm (an
isometry), so that noise of standard deviation σ there is a Gaussian mechanism of
sensitivity R² + s²: σ on the diagonal, σ/√2 beside it (Dwork, Talwar, Thakurta and
Zhang, "Analyze Gauss", STOC 2014, with noise that no rotation changes).

Floating-point noise leaks through the gaps between its numbers (Mironov, "On
significance of the least significant bits for differential privacy", CCS 2012). Here
clipped rows are rounded to whole multiples of R/2¹⁴, after a clip to a norm so much
smaller that rounding cannot exceed R. Sums of their products are whole numbers, exact
in float64 up to 2⁵³, which takes more than 3·10⁷ rows; so they do not depend on how the
rows are stored. The noise is rounded to whole numbers too: round(S + N) = S + round(N)
for a whole S, which only reads the ideal S + N.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from latentia._arguments import as_random, check_real
from latentia._native import kernels
from latentia._warnings import warn_caller
from latentia.privacy.accounting import Mechanism
from latentia.rows import Block, Csr, RowSource, summarise
from latentia.rows.block import run_of_rows

Array = NDArray[Any]

GRID_BITS = 14
"""A clipped row is a whole multiple of its largest norm, divided by 2 to this power."""

_GRID = 2.0**GRID_BITS
_TILE_BYTES = 16 << 20


class PrivacyWarning(UserWarning):
    """A result is not as private, or not as useful, as it may look."""


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

    def integers(self, shape: tuple[int, ...], std: float) -> Array:
        """Return rounded normal numbers of standard deviation ``std``."""
        return np.rint(std * self.normal(shape)) if std else np.zeros(shape)

    def symmetric(self, shape: tuple[int, ...], std: float) -> Array:
        """Return symmetric matrices: ``std`` on the diagonal, std/√2 beside it."""
        if not std:
            return np.zeros(shape)
        upper = np.triu(self.normal(shape), 1) * (std / math.sqrt(2.0))
        diagonal = self.normal(shape[:-1]) * std
        noise = upper + np.swapaxes(upper, -1, -2)
        d = np.arange(shape[-1])
        noise[..., d, d] = diagonal
        return np.rint(noise)


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
        x /= norm
        length = np.sqrt(np.einsum("ij,ij->i", x, x))
        large = ~np.isfinite(length)
        if large.any():  # squares that overflow: the row is clipped, only it is needed
            largest = np.abs(x[large]).max(axis=1, keepdims=True)
            x[large] = np.where(np.isfinite(largest), x[large] / largest, 0.0)
            length[large] = np.linalg.norm(x[large], axis=1)
        x *= np.minimum(_GRID, most / np.maximum(length, 1e-290))[:, None]
    np.rint(x, out=x)


@dataclass(frozen=True)
class Moments:
    """Count, mean and second moment of clipped rows about the centre, with noise.

    Attributes
    ----------
    count : float
        At least 1.
    mean : ndarray of shape (n_features,)
        Of the clipped rows, the centre subtracted; its norm is at most R.
    second : ndarray of shape (n_features, n_features)
        Mean of xxᵀ about the centre; the noise can make it indefinite.
    noise_std : float
        Standard deviation of the noise of its diagonal.
    """

    count: float
    mean: Array
    second: Array
    noise_std: float

    @property
    def covariance(self) -> Array:
        """Second moment about the mean."""
        return self.second - np.outer(self.mean, self.mean)

    @property
    def noise_edge(self) -> float:
        """Largest eigenvalue that noise alone is expected to have: 2·(σ/√2)·√d.

        The semicircle law of Wigner (Annals of Mathematics 67, 1958).
        """
        return math.sqrt(2.0 * len(self.mean)) * self.noise_std


Assign = Callable[[Array, int], Array]
"""(rows without a clip, number of groups) -> shares (n_rows, n_groups)."""


def lifted_sum(rows: RowSource, clip: Clip, *, n_threads: int = 1) -> Array:
    """Return Σ x̃x̃ᵀ in squared steps of the grid, without noise.

    Raises
    ------
    ValueError
        If the rows hold NaN or infinity.
    """
    total = rows.reduce(partial(_lifted_sum, clip=clip), n_threads=n_threads)
    if not np.isfinite(total).all():
        summarise(rows, n_threads=n_threads)  # names the row and the column
    return total


def _lifted_sum(block: Block, n_threads: int, *, clip: Clip) -> Array:
    total = np.zeros((len(clip.centre) + 1,) * 2)
    for tile in tiles(block):
        total += kernels.gram(clip(tile), None, n_threads)
        if not np.isfinite(tile).all():
            total[:] = np.nan
    return total


def tiles(block: Block) -> Any:
    """Yield the rows of a block as dense arrays of a few MB."""
    n_rows, n_features = block.shape
    step = max(_TILE_BYTES // (8 * n_features), 1)
    for begin in range(0, n_rows, step):
        tile = run_of_rows(block, begin, min(begin + step, n_rows))
        yield tile.to_scipy().toarray() if isinstance(tile, Csr) else tile


def noisy_moments(
    rows: RowSource,
    clip: Clip,
    mu: float,
    noise: NoiseSource,
    *,
    name: str,
    n_threads: int = 1,
) -> tuple[Moments, Mechanism]:
    """Return moments of the rows that are μ-GDP, and the mechanism that they are.

    Parameters
    ----------
    rows : RowSource
    clip : Clip
    mu : float
        Infinite adds no noise.
    noise : NoiseSource
    name : str
        Of the mechanism.
    n_threads : int, default=1
    """
    total = lifted_sum(rows, clip, n_threads=n_threads)
    # A whole number of steps, upwards: the noise is at least what μ asks for.
    std = math.ceil(clip.sensitivity / mu) if math.isfinite(mu) else 0
    total += noise.symmetric(total.shape, std)
    scale = clip.norm**2
    mechanism = Mechanism(
        name, clip.sensitivity / _GRID**2 * scale, std / _GRID**2 * scale
    )
    return moments_of(total, clip, std), mechanism


def moments_of(total: Array, clip: Clip, std: float) -> Moments:
    """Return the moments that a noisy lifted sum holds."""
    count = max(float(total[-1, -1]) / clip.lifted**2, 1.0)
    mean = total[:-1, -1] / (clip.lifted * count) * clip.unit
    mean *= min(1.0, clip.norm / max(float(np.linalg.norm(mean)), 1e-300))
    second = total[:-1, :-1] * (clip.unit**2 / count)
    return Moments(count, mean, second, std * clip.unit**2 / count)


def check_row_norm(row_norm: object) -> float:
    """Return the clip norm, or raise with advice."""
    if row_norm is None:
        raise ValueError(
            "row_norm must be given: rows with a larger Euclidean norm are scaled down "
            "to it. Choose it without looking at X, such as √n_features for features "
            "between −1 and 1; the noise grows with its square"
        )
    return check_real(row_norm, "row_norm", above=0)


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


def warn_delta(delta: float, count: float) -> None:
    """Warn if δ is as large as one row in all: then it allows to publish a row."""
    if delta >= 1 / count:
        warn_caller(
            f"delta={delta:g} is not below 1/n of about {count:.0f} rows: such a δ "
            "allows to publish a whole row now and then. Take 1/n² or less",
            PrivacyWarning,
        )
