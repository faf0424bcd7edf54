"""½‖A − W·H‖², all entries known, by multiplicative updates or HALS.

The rows enter by A·Ht and AᵀW alone, which one read gives; all else is small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.decomposition.nmf.engines.base import AdditiveEngine, Statistics
from latentia.rows import Block, product

Array = NDArray[Any]

CANCELS = {np.dtype(np.float32): 2e-3, np.dtype(np.float64): 1e-9}
"""Of ½‖A‖²: a divergence below is worked out entry by entry, in a second read. In
float32 that is an error of less than 4.5 % of ‖A‖, where sums leave four digits."""


@dataclass(frozen=True)
class Sums:
    """AᵀW (n × k) and WᵀW (k × k) of a run of rows."""

    AtW: Array
    WtW: Array

    def __add__(self, other: Sums) -> Sums:
        """Add those of another run."""
        return Sums(self.AtW + other.AtW, self.WtW + other.WtW)


class FrobeniusEngine(AdditiveEngine):
    """Works on sums: AᵀW, WᵀW, HHᵀ and ⟨A, W·H⟩."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._HHt = _gram(self.Ht)
        self._sums: Sums | None = None
        self._memory = np.empty_like(self.Ht)
        self._AHt: Array | None = None
        self._value: float | None = None

    def step(self) -> float:
        """Update W, then H; return the divergence before."""
        before = self.value()
        self._sums = self._pass()
        self._update_H(self._sums)
        self._steps += 1
        return before

    def encode(self) -> float:
        """Update W; return the divergence before."""
        before, s = self.value(), self._settings
        if self._AHt is None:
            self._AHt = product(self._data.rows, self.Ht, n_threads=self._n_threads)
        WtW, cross = kernels.nmf_update(
            self.W,
            self._AHt,
            self._HHt.astype(self.W.dtype),
            s.solver,
            s.w_penalty.l1,
            s.w_penalty.l2,
            self._sweeps(len(self.W)),
            self._order(),
            self._n_threads,
        )
        self._value = self._from_sums(cross, WtW)
        return before

    def value(self) -> float:
        """Return ½‖A − W·H‖²."""
        if self._value is None:
            self._AHt = product(self._data.rows, self.Ht, n_threads=self._n_threads)
            cross = np.einsum("ij,ij->i", self._AHt, self.W).sum(dtype=np.float64)
            self._value = self._from_sums(float(cross), _gram(self.W))
        return self._value

    def forget(self) -> None:
        """Drop the sums."""
        self._HHt = _gram(self.Ht)
        self._value = self._AHt = self._sums = None

    def statistics(self) -> Statistics | None:
        """Return AᵀW and WᵀW a row."""
        if self._sums is None:
            return None
        m = len(self.W)
        return Statistics("sums", self._sums.AtW / m, self._sums.WtW / m)

    def blend(self, past: Statistics | None, eta: float) -> Statistics:
        """Update H from (1 − η)·past + η·these rows' sums, which is returned.

        J. Mairal, F. Bach, J. Ponce and G. Sapiro, "Online learning for matrix
        factorization and sparse coding", JMLR 11 (2010).
        """
        self._sums = self._pass()
        now = self.statistics()
        assert now is not None
        if past is None or past.kind != now.kind:
            past = Statistics(now.kind, self.Ht @ now.below, now.below)
        both, m = now.blend(past, eta), len(self.W)
        self._update_H(Sums((both.above * m).astype(self.Ht.dtype), both.below * m))
        self._value = None  # was made of the sums of other rows too
        return both

    def _pass(self) -> Sums:
        s, gram = self._settings, self._HHt.astype(self.W.dtype)
        sweeps, order = self._sweeps(len(self.W)), self._order()
        memory = _first_then_new(self._memory)

        def kernel(block: Block, W: Array | None) -> Sums:
            assert W is not None
            AtW = next(memory)
            WtW, _ = kernels.nmf_frobenius_pass(
                block,
                W,
                self.Ht,
                gram,
                s.solver,
                s.w_penalty.l1,
                s.w_penalty.l2,
                sweeps,
                order,
                AtW,
                self._workspace,
                self._n_threads,
            )
            return Sums(AtW, WtW)

        self._AHt = None  # until then it could serve
        return self._data.rows.reduce(kernel, self.W)

    def _update_H(self, sums: Sums) -> None:
        s = self._settings
        self._HHt, cross = kernels.nmf_update(
            self.Ht,
            sums.AtW,
            sums.WtW.astype(self.Ht.dtype),
            s.solver,
            s.h_penalty.l1,
            s.h_penalty.l2,
            self._sweeps(len(self.Ht)),
            self._order(),
            self._n_threads,
        )
        self._value = self._from_sums(cross, sums.WtW)

    def _from_sums(self, cross: float, WtW: Array) -> float:
        """½‖A‖² − ⟨A, W·H⟩ + ½⟨WᵀW, HHᵀ⟩; entry by entry where that would cancel."""
        half_square = self._data.half_square
        product_square = float((WtW * self._HHt).sum()) / 2
        found = half_square - cross + product_square
        if found > CANCELS[self.W.dtype] * half_square:
            return found
        block = self._data.rows.block
        if not isinstance(block, tuple):
            return self._divergence(known_only=False)
        start, column, value, n = block
        nothing = start, column, np.zeros_like(value), n
        elsewhere = product_square - self._divergence(nothing, known_only=True)
        return self._divergence(known_only=True) + max(elsewhere, 0.0)


def _gram(factor: Array) -> Array:
    """Return FᵀF in float64, by blocks of rows."""
    k = factor.shape[1]
    total = np.zeros((k, k))
    for begin in range(0, len(factor), 8192):
        block = factor[begin : begin + 8192].astype(np.float64)
        total += block.T @ block
    return total


def _first_then_new(memory: Array) -> Iterator[Array]:
    """Give memory that was used before to the first block, new memory to the others."""
    yield memory
    while True:
        yield np.empty_like(memory)
