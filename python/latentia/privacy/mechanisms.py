"""Noisy sums over rows: clipping, noise, and the sums that the fits are made of.

A row x (n_features) is clipped to norm R about a public centre and lifted by one more
entry, x̃ = (x, s). The sum of all x̃x̃ᵀ then holds Σ xxᵀ, s·Σ x and s²·n at once. In
the norm of Frobenius, one row more or less changes it by

    ‖x̃x̃ᵀ‖ = ‖x‖² + s² ≤ R² + s².

Its diagonal entries and √2 times those above them are coordinates of that norm (an
isometry), so that noise of standard deviation σ there is a Gaussian mechanism of
sensitivity R² + s²: σ on the diagonal, σ/√2 off it (Dwork, Talwar, Thakurta and
Zhang, "Analyze Gauss", STOC 2014, with noise that no rotation changes).

Floating-point noise leaks through the gaps between its numbers (Mironov, "On
significance of the least significant bits for differential privacy", CCS 2012). Here
clipped rows are rounded to whole multiples of R/2¹⁴, after a clip to a norm so much
smaller that rounding cannot exceed R. Products of them are whole numbers, exact in
float64 within a tile of rows and added up as int64; so sums do not depend on how the
rows are stored. The noise is rounded to whole numbers too: round(S + N) = S + round(N)
for a whole S, which only reads the ideal S + N.

Several groups of rows, such as the components of a mixture, have a sum each, to which a
row adds r_k·x̃x̃ᵀ with shares r_k ≥ 0 that sum to 1 at most. All these sums together
move by √(Σ r_k²)·‖x̃x̃ᵀ‖ ≤ R² + s², as one alone: the number of groups costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._blas import serial_blas
from latentia._native import kernels
from latentia.privacy.clipping import Clip
from latentia.privacy.noise import NoiseSource
from latentia.privacy.records import Mechanism
from latentia.rows import Block, Csr, RowSource, summarise
from latentia.rows.block import run_of_rows

Array = NDArray[Any]

SHARES = 256
"""The share of a row in a group is a whole number of these parts."""
_TILE_BYTES = 16 << 20
_AT_ONCE = 512
_MOST_NOISE = 2.0**58


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
    count_std : float
        Standard deviation of the noise of the count.
    resolution : float
        A squared step of the grid: smaller variances are not seen.
    """

    count: float
    mean: Array
    second: Array
    noise_std: float
    count_std: float
    resolution: float

    @property
    def covariance(self) -> Array:
        """Second moment about the mean."""
        found: Array = self.second - np.outer(self.mean, self.mean)
        return found

    @property
    def noise_edge(self) -> float:
        """Largest eigenvalue that noise alone is expected to have."""
        return noise_edge(len(self.mean), self.noise_std)


def noise_edge(n_features: int, std: float) -> float:
    """Return where the eigenvalues of symmetric noise end: 2·(σ/√2)·√d.

    The semicircle law of Wigner (Annals of Mathematics 67, 1958).
    """
    return math.sqrt(2.0 * n_features) * std


def noise_ceiling(n_features: int, std: float) -> float:
    """Return what the largest eigenvalue of noise exceeds once in a thousand times.

    Beyond the edge it varies by the law of Tracy and Widom (Communications in
    Mathematical Physics 177, 1996), whose 99.9 % point is about 3: the edge times
    1 + 3/2·d^(−2/3).
    """
    beyond = 1.5 * math.pow(n_features, -2 / 3)
    return noise_edge(n_features, std) * (1 + beyond)


Share = Callable[[Array], Array]
"""Rows -> their shares in the groups (n_rows, n_groups), ≥ 0, at most 1 in sum.

To the last bit, the shares of a row must not depend on other rows, or one row more
could change those of others: no BLAS, whose order of sums depends on the shape.
See `rowwise_product`.
"""


def lifted_sums(
    rows: RowSource,
    clips: Sequence[Clip],
    *,
    share: Share | None = None,
    n_threads: int = 1,
) -> Array:
    """Return Σ r_k·x̃x̃ᵀ without noise, int64 (n_groups, n_features + 1, the same).

    The unit is a squared step of the grid, divided by `SHARES` if there are groups.
    Each group has a clip of its own, about its centre.

    Raises
    ------
    ValueError
        If the rows hold NaN or infinity.
    """
    kernel = partial(_lifted_sums, clips=clips, share=share)
    found = rows.reduce(kernel, n_threads=n_threads)
    if found[-1]:
        summarise(rows, n_threads=n_threads)  # names the row and the column
    d = len(clips[0].centre) + 1
    sums: Array = found[:-1].reshape(-1, d, d)
    return sums


def _lifted_sums(
    block: Block, n_threads: int, *, clips: Sequence[Clip], share: Share | None
) -> Array:
    """Return the sums and the number of rows that are not finite, in one array."""
    total: Any = 0
    n_bad = 0
    for tile in tiles(block):
        is_bad = ~np.isfinite(tile).all(axis=1)
        n_bad += int(is_bad.sum())
        if n_bad:  # the caller raises: no sum is needed any more
            continue
        if share is None:
            sums = [kernels.gram(clips[0](tile), None, n_threads)]
        else:
            # Rounded down: they still sum to 1 at most.
            weights = np.floor(share(tile) * SHARES)
            sums = [
                _weighted_gram(tile, w, clip)
                for w, clip in zip(weights.T, clips, strict=True)
            ]
        total = total + np.array(sums).astype(np.int64)
    if n_bad:
        total = np.zeros((len(clips), *((len(clips[0].centre) + 1,) * 2)), np.int64)
    return np.append(total, n_bad)


def _weighted_gram(tile: Array, weights: Array, clip: Clip) -> Array:
    """Return Σ w·x̃x̃ᵀ of the rows that have a weight."""
    some = weights > 0
    x = clip(tile[some])
    with serial_blas():
        found: Array = (x * weights[some, None]).T @ x
    return found


def rowwise_product(x: Array, A: Array) -> Array:
    """Return x·A, where a row of the result depends on one row of x to the last bit."""
    product = np.zeros((len(x), A.shape[1]))
    for begin in range(0, len(x), _AT_ONCE):
        some, out = x[begin : begin + _AT_ONCE], product[begin : begin + _AT_ONCE]
        for j, row in enumerate(A):
            out += some[:, j, None] * row
    return product


def tiles(block: Block) -> Iterator[Array]:
    """Yield the rows of a block as dense arrays of a few MB."""
    n_rows, n_features = block.shape
    # Fewer than 2¹⁷ rows: products below 2²⁸·2⁸ then add up to less than 2⁵³.
    step = min(max(_TILE_BYTES // (8 * n_features), 1), 1 << 16)
    for begin in range(0, n_rows, step):
        tile = run_of_rows(block, begin, min(begin + step, n_rows))
        yield tile.to_scipy().toarray() if isinstance(tile, Csr) else tile


def noisy_moments(
    rows: RowSource,
    clips: Sequence[Clip],
    mu: float,
    noise: NoiseSource,
    *,
    name: str,
    share: Share | None = None,
    n_threads: int = 1,
) -> tuple[list[Moments], Mechanism]:
    """Return moments of groups of rows that are μ-GDP together, and the mechanism.

    Parameters
    ----------
    rows : RowSource
    clips : sequence of Clip
        One for each group, of the same norm and lift.
    mu : float
        Infinite adds no noise.
    noise : NoiseSource
    name : str
        Of the mechanism.
    share : callable, optional
        By default all rows are one group.
    n_threads : int, default=1
    """
    clip = clips[0]
    if any((c.norm, c.lift) != (clip.norm, clip.lift) for c in clips):
        raise ValueError("the clips must have the same norm and lift")
    total = lifted_sums(rows, clips, share=share, n_threads=n_threads)
    parts = 1 if share is None else SHARES
    found, std = with_noise(total, parts * clip.sensitivity, mu, noise, symmetric=True)
    unit = clip.unit**2 / parts
    mechanism = Mechanism(name, parts * clip.sensitivity * unit, std * unit)
    return [moments_of(one / parts, clip, std / parts) for one in found], mechanism


def with_noise(
    total: Array,
    sensitivity: float,
    mu: float,
    noise: NoiseSource,
    *,
    symmetric: bool = False,
) -> tuple[Array, float]:
    """Return whole numbers with the noise that makes them μ-GDP, and its deviation.

    Of symmetric matrices the deviation is that of the diagonal, and the sensitivity is
    in the norm of Frobenius.
    """
    # A whole number, upwards: the noise is at least what μ asks for.
    std = float(math.ceil(sensitivity / mu)) if math.isfinite(mu) else 0.0
    if std > _MOST_NOISE:
        raise ValueError("epsilon is too small: its noise does not fit into 64 bits")
    draw = noise.symmetric if symmetric else noise.integers
    return total + draw(total.shape, std), std


def moments_of(total: Array, clip: Clip, std: float) -> Moments:
    """Return the moments that a noisy lifted sum holds."""
    count = max(float(total[-1, -1]) / clip.lifted**2, 1.0)
    mean = total[:-1, -1] / (clip.lifted * count) * clip.unit
    mean *= min(1.0, clip.norm / max(float(np.linalg.norm(mean)), 1e-300))
    second = total[:-1, :-1] * (clip.unit**2 / count)
    noise_std = std * clip.unit**2 / count
    count_std = std / clip.lifted**2
    return Moments(count, mean, second, noise_std, count_std, clip.unit**2)
