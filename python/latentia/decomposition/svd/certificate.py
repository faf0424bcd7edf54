"""How far the singular values can be off, and when that is near enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from latentia.decomposition.svd.operator import Operator

Array = NDArray[Any]

_TINY = float(np.finfo(np.float64).tiny)


HIDDEN = 0.1
"""A wanted θ is hidden if rounding, ε·θ₁, exceeds this share of it."""


def hiding(theta: Array, dtype: np.dtype[Any]) -> int:
    """Return how many of the descending θ hide the last of them.

    Values below (8·ε)²·θ₁ are rounding, which hides nothing.
    """
    eps = float(np.finfo(dtype).eps)
    above = (eps * theta > HIDDEN * theta[-1:]) & (theta > (8 * eps) ** 2 * theta[:1])
    return int(above[:-1].sum())


@dataclass(frozen=True)
class Certificate:
    """Ritz pairs of MᵀM in a space, best first, and how far each is from an eigenpair.

    Attributes
    ----------
    values : ndarray of shape (c,)
        θ, estimates of squared singular values from below.
    vectors : ndarray of shape (c, c)
        Coefficients in the basis of the space.
    residuals : ndarray of shape (c,)
        ‖MᵀM v − θ v‖. An eigenvalue of MᵀM lies in [θ − r, θ + r].
    noise : ndarray of shape (c,)
        What rounding can add to θ and to r.
    n_locked : int
        So many leading pairs were found apart from the others.
    """

    values: Array
    vectors: Array
    residuals: Array
    noise: Array
    n_locked: int = 0

    @classmethod
    def of(
        cls,
        values: Array,
        vectors: Array,
        R: Array,
        dtype: np.dtype[Any],
        largest: float,
    ) -> Certificate:
        """From ascending eigenpairs of T and the remainder R of its last block.

        ``largest`` is the largest θ of all, here or among what is locked. These values
        are known to ε times the largest of their own, and a column orthogonal to the
        vector of ``largest`` still meets ε of it: ε·√(largest·θ).
        """
        values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
        residuals = np.linalg.norm(R @ vectors[len(vectors) - R.shape[1] :], axis=0)
        eps = float(np.finfo(dtype).eps)
        noise = np.full_like(values, 8 * eps * values[0])
        if largest > values[0]:
            noise += 8 * eps * np.sqrt(largest * values)
        return cls(values, vectors, residuals, noise)

    @classmethod
    def empty(cls) -> Certificate:
        """Return that of a space without columns."""
        none = np.zeros(0)
        return cls(none, np.zeros((0, 0)), none, none)

    def merged(self, other: Certificate) -> Certificate:
        """Return these pairs as locked ones, and the other ones after them.

        The coupling C of both is left out of the eigenproblem. It is at most the
        residual r of the locked pairs, and moves the others by r²/θ.
        """
        if not len(self.values):
            return other
        vectors = scipy.linalg.block_diag(self.vectors, other.vectors)
        coupling = float((self.residuals**2 / np.maximum(self.values, _TINY)).sum())
        parts = (
            (self.values, other.values),
            (self.residuals, other.residuals),
            (self.noise, other.noise + coupling),
        )
        values, residuals, noise = (np.concatenate(part) for part in parts)
        return Certificate(values, vectors, residuals, noise, len(self.values))

    def interval(self, k: int) -> tuple[Array, Array]:
        """Return bounds (k,), (k,) that a true singular value lies between."""
        theta, r = self.values[:k], self.residuals[:k] + self.noise[:k]
        return np.sqrt(np.maximum(theta - r, 0.0)), np.sqrt(theta + r)


@dataclass
class Stopping:
    """Stops when the rank-k residual is expected within ``tol`` of the optimum.

    A Ritz value falls short of its eigenvalue by about r²/θ (Temple). Those shortfalls
    add up to what ‖M − U·S·Vᵀ‖² exceeds its optimum by, so the relative excess of the
    norm is about

        e = Σ_{i≤k} r_i²/θ_i / (2·(‖M‖² − Σ_{i≤k} θ_i)).

    Where the spectrum decays slowly r²/θ is too small. Two things are known to mend it:
    the rate ρ = e_q/e_{q−1}, by 1/(1 − ρ)², and what the last pass gained, since the
    shortfall before it cannot have been less (below ρ = 0.1 convergence speeds up, and
    needs no mending). If half a pass is still to come, the excess shrinks by ρ more.

    A space from b random columns holds at most b of the vectors of an eigenvalue, and
    no residual tells of the others: as many equal values as the block has columns are
    a reason to widen it (``cluster``).
    """

    k: int
    tol: float
    op: Operator
    half_pass_follows: bool
    most_passes: int = 60
    n_passes: int = 0
    converged: bool = True
    _not_before: int = 0
    _rates: int = 0
    _excess: float = field(default=np.inf)
    _gained_from: float = field(default=0.0)

    def reached(self, certificate: Certificate, width: int) -> bool:
        """Take note of a pass; tell whether it was the last full one."""
        self.n_passes += 1
        if width >= self.op.shape[1]:
            return True
        if width < self.k or self.n_passes < self._not_before:
            return False
        before, self._excess = self._excess, self._estimate(certificate)
        gain = self._gain(certificate)
        if self._excess == 0.0:
            return True
        rate, short = 0.5, 1.0
        if np.isfinite(before):
            rate = min(self._excess / before, 0.99)
            if not self._rates:  # the random start's estimate is a poor one
                rate = max(rate, 0.1)
            self._rates += 1
            short = max(1.0, gain / before) if rate >= 0.1 else 1.0
        expected = short * self._excess / (1 - rate) ** 2
        if expected * (rate if self.half_pass_follows else 1.0) <= self.tol:
            return True
        self.converged = self.n_passes < self.most_passes
        return not self.converged

    @property
    def exhausted(self) -> bool:
        """Whether no further pass is allowed."""
        return self.n_passes >= self.most_passes

    def start_again(self, after: int) -> None:
        """Give columns that join now so many passes before the next decision."""
        self._not_before = self.n_passes + after
        self._excess, self._rates = np.inf, 0

    def hiding(self, certificate: Certificate, most: int) -> int:
        """Return how many of the values that are not locked hide the last wanted one.

        At most ``most``: the block is to have room for others. What rounding alone
        could be is not locked.
        """
        some = slice(certificate.n_locked, self.k)
        theta, noise = certificate.values[some], certificate.noise[some]
        found = hiding(theta, self.op.dtype)
        return min(found, most, int((theta > noise).sum()))

    def _nothing(self, certificate: Certificate) -> float:
        """Return a θ below which rounding is all there is: s = 8·ε·s₁."""
        eps = float(np.finfo(self.op.dtype).eps)
        return float((8 * eps) ** 2 * certificate.values[0])

    def cluster(self, certificate: Certificate, columns: int) -> bool:
        """Tell whether ``columns`` of the leading values are equal, or nearly."""
        locked = certificate.n_locked
        theta, k = certificate.values[locked:], self.k - locked
        if len(theta) < columns or theta[0] <= 0:
            return False
        first = theta[: len(theta) - columns + 1][:k]
        last = theta[columns - 1 :][:k]
        r = certificate.residuals[locked:][columns - 1 :][:k]
        still_missing = 2 * r**2 / np.maximum(last, _TINY)
        equal = last + np.minimum(still_missing, r) >= (1 - 1e-3) * first
        return bool(equal[first > 0].any())

    def _left(self, certificate: Certificate) -> float:
        """Return ‖M‖² less what k triplets hold, at least what rounding hides.

        The difference has no digits where locked values dominate it; the other Ritz
        values are a bound from below.
        """
        eps = float(np.finfo(self.op.dtype).eps)
        theta = certificate.values
        total = float(theta[: self.k].sum())
        locked = float(theta[: certificate.n_locked].sum())
        left = self.op.square - total if np.isfinite(self.op.square) else 0.0
        others = float(theta[self.k :].sum())
        least = max(others, eps**2 * (total - locked), _TINY)
        return max(left - 1e3 * eps * locked, least)

    def _gain(self, certificate: Certificate) -> float:
        """Return by how much the last pass shrank the excess."""
        total = float(certificate.values[certificate.n_locked : self.k].sum())
        before, self._gained_from = self._gained_from, total
        return (total - before) / (2 * self._left(certificate))

    def _estimate(self, certificate: Certificate) -> float:
        active = slice(certificate.n_locked, self.k)
        theta = np.maximum(certificate.values[active], _TINY)
        # What rounding alone leaves of a residual; it does not get smaller.
        largest = certificate.values[0]
        noise = 4 * float(np.finfo(self.op.dtype).eps) * np.sqrt(largest * theta)
        residuals = certificate.residuals[active]
        rounding = (residuals <= noise) | (theta <= self._nothing(certificate))
        residuals = np.where(rounding, 0.0, residuals)
        shortfall = float(np.minimum(residuals, residuals**2 / theta).sum())
        return shortfall / (2 * self._left(certificate))
