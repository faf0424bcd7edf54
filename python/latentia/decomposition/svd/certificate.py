"""How far the singular values can be off, and when that is near enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.svd.operator import Operator

Array = NDArray[Any]


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
    """

    values: Array
    vectors: Array
    residuals: Array

    @classmethod
    def of(cls, values: Array, vectors: Array, R: Array) -> Certificate:
        """From the ascending eigenpairs of T and the remainder R of its last block."""
        vectors = vectors[:, ::-1]
        residuals = np.linalg.norm(R @ vectors[-len(R) :], axis=0)
        return cls(np.maximum(values[::-1], 0.0), vectors, residuals)

    def interval(self, k: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
        """Return bounds (k,), (k,) that a true singular value lies between.

        θ and r are known to rounding, which is relative to the largest θ.
        """
        noise = 8 * float(np.finfo(dtype).eps) * self.values[0]
        theta, r = self.values[:k], self.residuals[:k] + noise
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

    def start_again(self) -> None:
        """Give columns that join now as many passes as the first ones had."""
        self._not_before = 2 * self.n_passes

    def cluster(self, certificate: Certificate, columns: int) -> bool:
        """Tell whether ``columns`` of the leading values are equal, or nearly."""
        theta = certificate.values
        if len(theta) < columns or theta[0] <= 0:
            return False
        first = theta[: len(theta) - columns + 1][: self.k]
        last = theta[columns - 1 :][: self.k]
        r = certificate.residuals[columns - 1 :][: self.k]
        still_missing = 2 * r**2 / np.maximum(last, np.finfo(np.float64).tiny)
        equal = last + np.minimum(still_missing, r) >= (1 - 1e-3) * first
        return bool(equal[first > 0].any())

    def _left(self, total: float) -> float:
        """Return ‖M‖² less what k triplets hold, at least what rounding hides."""
        eps = float(np.finfo(self.op.dtype).eps)
        left = self.op.square - total if np.isfinite(self.op.square) else 0.0
        return max(left, eps**2 * total, float(np.finfo(np.float64).tiny))

    def _gain(self, certificate: Certificate) -> float:
        """Return by how much the last pass shrank the excess."""
        total = float(certificate.values[: self.k].sum())
        before, self._gained_from = self._gained_from, total
        return (total - before) / (2 * self._left(total))

    def _estimate(self, certificate: Certificate) -> float:
        theta = np.maximum(certificate.values[: self.k], np.finfo(np.float64).tiny)
        # What rounding alone leaves of a residual; it does not get smaller.
        noise = 4 * float(np.finfo(self.op.dtype).eps) * np.sqrt(theta[0] * theta)
        residuals = certificate.residuals[: self.k]
        residuals = np.where(residuals <= noise, 0.0, residuals)
        shortfall = float(np.minimum(residuals, residuals**2 / theta).sum())
        return shortfall / (2 * self._left(float(theta.sum())))
