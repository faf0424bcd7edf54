"""Any β-divergence by multiplicative updates, of all or of the observed entries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.decomposition.nmf.options import Penalty
from latentia.decomposition.nmf.solvers.base import (
    AdditiveSolver,
    Statistics,
    Workspace,
)
from latentia.rows import Block, Csr
from latentia.rows.backend import kernels_of

Array = NDArray[Any]

ZERO = float(np.finfo(np.float64).eps)
"""Smaller entries are set to zero where their powers could overflow: in W if β < 1, in
H if β ≤ 1, as in scikit-learn."""


_EMPTY: Array = np.empty((0, 0))


@dataclass(frozen=True)
class DivergenceSums:
    """The divergence before, and numerator and denominator of H's update (n × k).

    If all v are 1, the denominator is one row, Σ W. Both are empty if H is not updated.
    """

    divergence: float
    numerator: Array
    denominator: Array

    def __add__(self, other: DivergenceSums) -> DivergenceSums:
        """Add those of another run of rows."""
        return DivergenceSums(
            self.divergence + other.divergence,
            self.numerator + other.numerator,
            self.denominator + other.denominator,
        )


class DivergenceSolver(AdditiveSolver):
    """W ← W ∘ ((u·Ht) / (v·Ht + penalty))^γ, and H likewise.

    u = A ∘ Q^(β − 2) and v = Q^(β − 1) with Q = W·H; γ is 1 for 1 ≤ β ≤ 2 (Févotte and
    Idier 2011).
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._sums: DivergenceSums | None = None
        # For β = 1 and all entries observed every v is 1.
        self._has_v = self._data.observed_only or self._options.beta != 1.0

    def step(self) -> float:
        """Update W, then H; return the divergence before."""
        self._sums = self._pass(both=True, transposed=self._transposed_of_stored())
        self._update_H(self._sums.numerator, self._sums.denominator)
        return self._sums.divergence

    def solve_W(self) -> float:
        """Update W; return the divergence before."""
        return self._pass(both=False).divergence

    def divergence(self) -> float:
        """Return the divergence of A from W·H."""
        return self._sum_divergence(observed_only=self._data.observed_only)

    def reset_sums(self) -> None:
        """Drop the sums."""
        self._sums = None

    def statistics(self) -> Statistics | None:
        """Return numerator ∘ Ht^(1/γ) and denominator, each per row."""
        return None if self._sums is None else self._statistics_of(self._sums)

    def _statistics_of(self, sums: DivergenceSums) -> Statistics:
        m = self.W.shape[0]
        numerator = sums.numerator * self.Ht ** (1 / self._gamma)
        kind = f"divergence {self._options.beta:g}"
        return Statistics(kind, numerator / m, sums.denominator / m)

    def blend(self, past: Statistics | None, eta: float) -> Statistics:
        """Update H from (1 − η)·past + η·these rows' sums, which is returned.

        A. Lefèvre, F. Bach and C. Févotte, "Online algorithms for nonnegative matrix
        factorization with the Itakura-Saito divergence", WASPAA 2011.
        """
        self._sums = self._pass(both=True)
        now = self._statistics_of(self._sums)
        if past is None or past.kind != now.kind:
            numerator = self.Ht ** (1 / self._gamma) * now.denominator
            past = Statistics(now.kind, numerator, now.denominator)
        both, h_penalty = now.blend(past, eta), self._options.h_penalty
        penalty = (h_penalty.l1 + h_penalty.l2 * self.Ht) / self.W.shape[0]
        divisor = np.broadcast_to(both.denominator + penalty, self.Ht.shape)
        quotient = np.divide(
            both.numerator, divisor, out=np.zeros_like(self.Ht), where=divisor > 0
        )
        # Columns without an observed entry so far keep their H.
        observed = both.denominator > 0
        learnt = np.arange(self.Ht.shape[1]) >= self._options.n_fixed
        self.Ht[...] = np.where(observed & learnt, quotient**self._gamma, self.Ht)
        return both

    @property
    def _gamma(self) -> float:
        beta = self._options.beta
        return 1 / (2 - beta) if beta < 1 else 1 / (beta - 1) if beta > 2 else 1.0

    def _transposed_of_stored(self) -> Csr | None:
        """Return the transpose if a pass reads stored entries only."""
        stored_only = self._data.observed_only or self._options.beta == 1.0
        return self._transposed_csr() if stored_only else None

    def _pass(self, *, both: bool, transposed: Csr | None = None) -> DivergenceSums:
        options = self._options
        kernel = partial(
            _divergence_pass,
            Ht=self.Ht,
            beta=options.beta,
            floor=self._data.floor,
            observed_only=self._data.observed_only,
            penalty=options.w_penalty,
            centre=self._w_centre(),
            both=both,
            has_v=self._has_v,
            workspace=self._workspace,
            transposed=transposed,
        )
        return self._data.rows.update(kernel, self.W, n_threads=self._n_threads)

    def _update_H(self, numerator: Array, denominator: Array) -> None:
        options = self._options
        fixed = self.Ht[:, : options.n_fixed].copy()
        kernels.nmf_multiply(
            self.Ht,
            numerator,
            denominator,
            options.beta,
            options.h_penalty.l1,
            options.h_penalty.l2,
            self._n_threads,
        )
        if options.beta <= 1:
            self.Ht[self.Ht < ZERO] = 0
        self.Ht[:, : options.n_fixed] = fixed


def _divergence_pass(
    block: Block,
    n_threads: int,
    W: Array,
    *,
    Ht: Array,
    beta: float,
    floor: float,
    observed_only: bool,
    penalty: Penalty,
    centre: Array | None,
    both: bool,
    has_v: bool,
    workspace: Workspace,
    transposed: Csr | None,
) -> DivergenceSums:
    """Update rows of W; return what H is updated from."""
    numerator = np.empty_like(Ht) if both else None
    denominator = np.empty_like(Ht) if both and has_v else None
    value, sum_of_W = kernels_of(block).nmf_divergence_pass(
        block,
        W,
        Ht,
        beta,
        floor,
        observed_only,
        penalty.l1,
        penalty.l2,
        centre,
        numerator,
        denominator,
        workspace.memory,
        n_threads,
        transposed,
    )
    if beta < 1:
        W[W < ZERO] = 0
    if numerator is None:
        return DivergenceSums(value, _EMPTY, _EMPTY)
    if denominator is None:
        denominator = sum_of_W[np.newaxis].astype(Ht.dtype)
    return DivergenceSums(value, numerator, denominator)
