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
    exhausted : bool
        Whether MᵀM maps the space into itself up to rounding: nothing is left to find.
    """

    values: Array
    vectors: Array
    residuals: Array
    exhausted: bool

    @classmethod
    def of(cls, values: Array, vectors: Array, R: Array) -> Certificate:
        """From the ascending eigenpairs of T and the remainder R of its last block."""
        values, vectors = values[::-1], vectors[:, ::-1]
        residuals = np.linalg.norm(R @ vectors[-len(R) :], axis=0)
        nothing = residuals.max() <= np.finfo(np.float64).tiny
        return cls(values, vectors, residuals, bool(nothing))

    def upper_values(self, k: int) -> Array:
        """Return singular values (k,) that the true ones do not exceed."""
        upper: Array = np.sqrt(np.maximum(self.values[:k], 0) + self.residuals[:k])
        return upper


@dataclass
class Stopping:
    """Stops when the rank-k residual is expected within ``tol`` of the optimum.

    A Ritz value falls short of its eigenvalue by about r²/θ (Temple). Those shortfalls
    add up to what ‖M − U·S·Vᵀ‖² exceeds its optimum by, so the relative excess of the
    norm is about

        e = Σ_{i≤k} r_i²/θ_i / (2·(‖M‖² − Σ_{i≤k} θ_i)).

    Where the spectrum decays slowly r²/θ is too small by a factor that grows as the
    rate ρ = e_q/e_{q−1} nears 1; 1/(1 − ρ)² covers it on spectra from images to pure
    noise. If half a pass is still to come, the excess shrinks by ρ once more.
    """

    k: int
    tol: float
    op: Operator
    half_pass_follows: bool
    most_passes: int = 60
    n_passes: int = 0
    converged: bool = True
    _previous: float = field(default=np.inf)

    def reached(self, certificate: Certificate, width: int) -> bool:
        """Take note of a pass; tell whether it was the last full one."""
        self.n_passes += 1
        if width < self.k:
            return False
        if certificate.exhausted or width >= self.op.shape[1]:
            return True
        excess = self._excess(certificate)
        rate = min(excess / self._previous, 0.99) if self._previous < np.inf else 0.5
        self._previous = excess
        expected = excess / (1 - rate) ** 2 * (rate if self.half_pass_follows else 1)
        if excess == 0.0 or expected <= self.tol:
            return True
        self.converged = self.n_passes < self.most_passes
        return not self.converged

    def _excess(self, certificate: Certificate) -> float:
        theta = np.maximum(certificate.values[: self.k], np.finfo(np.float64).tiny)
        eps = float(np.finfo(self.op.dtype).eps)
        # What rounding alone leaves of a residual; it does not get smaller.
        noise = 4 * eps * theta[0]
        residuals = certificate.residuals[: self.k]
        residuals = np.where(residuals <= noise, 0.0, residuals)
        shortfall = float((np.minimum(residuals, residuals**2 / theta)).sum())
        total = float(theta.sum())
        left = self.op.square - total if np.isfinite(self.op.square) else 0.0
        return shortfall / (2 * max(left, eps**2 * total))
