"""Any β-divergence by multiplicative updates: of all entries, or of the known ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.decomposition.nmf.engines.base import AdditiveEngine, Statistics
from latentia.decomposition.nmf.engines.workspace import Workspace
from latentia.decomposition.nmf.penalties import Penalty
from latentia.rows import Block

Array = NDArray[Any]

ZERO = float(np.finfo(np.float64).eps)
"""What is less becomes zero where powers of it could overflow: in W if β < 1, in H if
β ≤ 1, as scikit-learn has it."""


_NOTHING: Array = np.empty((0, 0))


@dataclass(frozen=True)
class Sums:
    """The divergence before, and numerator and denominator of H's update (n × k).

    Where all slopes v are 1, the denominator is one row, Σ W. Both are empty if H is
    not updated.
    """

    value: float
    numerator: Array
    denominator: Array

    def __add__(self, other: Sums) -> Sums:
        """Add those of another run of rows."""
        return Sums(
            self.value + other.value,
            self.numerator + other.numerator,
            self.denominator + other.denominator,
        )


class DivergenceEngine(AdditiveEngine):
    """W ← W ∘ ((u·Ht) / (v·Ht + penalty))^γ, and H likewise."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._sums: Sums | None = None
        self._slopes = self._data.known_only or self._settings.beta != 1.0

    def step(self) -> float:
        """Update W, then H; return the divergence before."""
        self._sums = self._pass(both=True)
        self._update_H(self._sums.numerator, self._sums.denominator)
        return self._sums.value

    def encode(self) -> float:
        """Update W; return the divergence before."""
        return self._pass(both=False).value

    def value(self) -> float:
        """Return the divergence of A from W·H."""
        return self._divergence(known_only=self._data.known_only)

    def forget(self) -> None:
        """Drop the sums."""
        self._sums = None

    def statistics(self) -> Statistics | None:
        """Return numerator ∘ Ht^(1/γ) and denominator a row."""
        return None if self._sums is None else self._statistics_of(self._sums)

    def _statistics_of(self, sums: Sums) -> Statistics:
        m = self.W.shape[0]
        above = sums.numerator * self.Ht ** (1 / self._gamma)
        return Statistics(
            f"slopes {self._settings.beta:g}", above / m, sums.denominator / m
        )

    def blend(self, past: Statistics | None, eta: float) -> Statistics:
        """Update H from (1 − η)·past + η·these rows' sums, which is returned.

        A. Lefèvre, F. Bach and C. Févotte, "Online algorithms for nonnegative matrix
        factorization with the Itakura-Saito divergence", WASPAA 2011.
        """
        self._sums = self._pass(both=True)
        now = self._statistics_of(self._sums)
        if past is None or past.kind != now.kind:
            above = self.Ht ** (1 / self._gamma) * now.below
            past = Statistics(now.kind, above, now.below)
        both, cost = now.blend(past, eta), self._settings.h_penalty
        penalty = (cost.l1 + cost.l2 * self.Ht) / self.W.shape[0]
        below = np.broadcast_to(both.below + penalty, self.Ht.shape)
        quotient = np.divide(
            both.above, below, out=np.zeros_like(self.Ht), where=below > 0
        )
        # What no row has known so far stays what it was.
        known = both.below > 0
        learnt = np.arange(self.Ht.shape[1]) >= self._settings.n_fixed
        self.Ht[...] = np.where(known & learnt, quotient**self._gamma, self.Ht)
        return both

    @property
    def _gamma(self) -> float:
        beta = self._settings.beta
        return 1 / (2 - beta) if beta < 1 else 1 / (beta - 1) if beta > 2 else 1.0

    def _pass(self, *, both: bool) -> Sums:
        s = self._settings
        kernel = partial(
            _divergence_pass,
            Ht=self.Ht,
            beta=s.beta,
            floor=self._data.floor,
            known_only=self._data.known_only,
            penalty=s.w_penalty,
            centre=self._w_centre(),
            both=both,
            slopes=self._slopes,
            workspace=self._workspace,
        )
        return self._data.rows.update(kernel, self.W, n_threads=self._n_threads)

    def _update_H(self, numerator: Array, denominator: Array) -> None:
        s = self._settings
        fixed = self.Ht[:, : s.n_fixed].copy()
        kernels.nmf_multiply(
            self.Ht,
            numerator,
            denominator,
            s.beta,
            s.h_penalty.l1,
            s.h_penalty.l2,
            self._n_threads,
        )
        if s.beta <= 1:
            self.Ht[self.Ht < ZERO] = 0
        self.Ht[:, : s.n_fixed] = fixed


def _divergence_pass(
    block: Block,
    n_threads: int,
    W: Array,
    *,
    Ht: Array,
    beta: float,
    floor: float,
    known_only: bool,
    penalty: Penalty,
    centre: Array | None,
    both: bool,
    slopes: bool,
    workspace: Workspace,
) -> Sums:
    """Update rows of W; return what H's update is made of."""
    numerator = np.empty_like(Ht) if both else None
    denominator = np.empty_like(Ht) if both and slopes else None
    value, sum_of_W = kernels.nmf_divergence_pass(
        block,
        W,
        Ht,
        beta,
        floor,
        known_only,
        penalty.l1,
        penalty.l2,
        centre,
        numerator,
        denominator,
        workspace.memory,
        n_threads,
    )
    if beta < 1:
        W[W < ZERO] = 0
    if numerator is None:
        return Sums(value, _NOTHING, _NOTHING)
    if denominator is None:
        denominator = sum_of_W[np.newaxis].astype(Ht.dtype)
    return Sums(value, numerator, denominator)
