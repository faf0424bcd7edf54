"""The β-divergence of tensors, its gradient, and the multiplicative update.

d(a, q), u = a·q^(β−2) and v = q^(β−1) are those of ``cpp/kernels/nmf/divergence.hpp``,
with the same lower bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from latentia.rows.torch.nmf import LEAST_DENOMINATOR, without_denormals


@dataclass(frozen=True)
class Divergence:
    """D(A | Q) = Σ d(a, q); ``floor`` is a lower bound of q in denominators."""

    beta: float
    floor: float

    @property
    def gamma(self) -> float:
        """Exponent of the update (Févotte and Idier 2011)."""
        beta = self.beta
        return 1 / (2 - beta) if beta < 1 else 1 / (beta - 1) if beta > 2 else 1.0

    def weights(self, a: Tensor, q: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return u and v; v is None where it is 1 everywhere."""
        beta, tiny = self.beta, torch.finfo(q.dtype).tiny
        if beta == 2:
            return a, q
        if beta == 1:
            return a / q.clamp(min=self.floor), None
        if beta == 0:
            v = q.clamp(min=self.floor).reciprocal_()
            return a * v.square(), v
        # Only negative powers need the floor: q^(β−2) for β < 2, q^(β−1) for β < 1.
        bounded = q.clamp(min=self.floor if beta < 2 else tiny)
        v = bounded.log().mul_(beta - 2).exp_()
        u = a * v
        if 1 < beta < 2:
            return u, q.clamp(min=tiny).log_().mul_(beta - 1).exp_()
        return u, v.mul_(bounded)

    def value(self, a: Tensor, q: Tensor, u: Tensor, v: Tensor | None) -> Tensor:
        """Return Σ d(a, q) in float64. Lower bounds give 0·log 0 = 0 and 0^β = 0."""
        beta, tiny = self.beta, torch.finfo(q.dtype).tiny
        if v is None:
            return _total(a * u.clamp(min=tiny).log_() - a + q)
        if beta == 2:
            return _total((a - q).square_()) / 2
        if beta == 0:
            share = a * v
            return _total(share - share.clamp(min=tiny).log_() - 1)
        # x^β = x·x^(β−1). For β < 0 a is positive and q ≥ floor.
        bound = tiny if beta > 0 else self.floor

        def power(x: Tensor) -> Tensor:
            return x * x.clamp(min=bound).log_().mul_(beta - 1).exp_()

        bounded = q.clamp(min=0.0 if beta > 0 else self.floor)
        d = power(a) + (beta - 1) * power(bounded) - beta * (a * v)
        return _total(d) / (beta * (beta - 1))


def _total(d: Tensor) -> Tensor:
    return d.sum(dtype=torch.float64)


def multiplied(
    w: Tensor,
    numerator: Tensor,
    denominator: Tensor,
    l1: float,
    l2: float,
    centre: Tensor | None,
    gamma: float,
) -> Tensor:
    """Return w ∘ ((numerator + l2·centre) / (denominator + l1 + l2·w))^γ."""
    limits = torch.finfo(w.dtype)
    divisor = denominator + l1 + l2 * w
    divisor = divisor.masked_fill_(divisor == 0, LEAST_DENOMINATOR)
    if centre is not None:
        numerator = numerator + l2 * centre
    # A quotient may overflow: w·∞ would be NaN for w = 0.
    factor = (numerator / divisor).clamp_(max=limits.max)
    if gamma != 1:  # d^γ = d·d^(γ−1), so 0^γ = 0
        factor = factor * factor.clamp(min=limits.tiny).log_().mul_(gamma - 1).exp_()
    return without_denormals(w * factor)
