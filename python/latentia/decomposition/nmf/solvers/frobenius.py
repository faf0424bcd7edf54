"""½‖A − W·H‖² over all entries, by multiplicative updates or HALS.

The rows are read only for A·Ht and AᵀW, both in one pass; all else is small.
"""

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
from latentia.decomposition.nmf.solvers.unstored import unstored_squares
from latentia.rows import Block, Csr, MemoryState, Rows, RowState, gram, product
from latentia.rows.backend import (
    empty_like,
    kernels_of,
    products_of_rows,
    sum_in_float64,
)

Array = NDArray[Any]

_TILE = 1 << 15

CANCELS = {np.dtype(np.float32): 2e-3, np.dtype(np.float64): 1e-9}
"""Share of ½‖A‖². A smaller divergence is summed entry by entry, in a second read,
because the difference of sums has lost its digits. In float32 this is an error of less
than 4.5 % of ‖A‖, where the difference still has four digits."""


@dataclass(frozen=True)
class FrobeniusSums:
    """AᵀW (n × k) and WᵀW (k × k) of some rows."""

    AtW: Array
    WtW: Array

    def __add__(self, other: FrobeniusSums) -> FrobeniusSums:
        """Add those of other rows."""
        return FrobeniusSums(self.AtW + other.AtW, self.WtW + other.WtW)


class FrobeniusSolver(AdditiveSolver):
    """Works with the sums AᵀW, WᵀW, HHᵀ and ⟨A, W·H⟩."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._HHt = gram(MemoryState(self.Ht))
        self._sums: FrobeniusSums | None = None
        self._memory = np.empty_like(self.Ht)
        self._AHt: RowState | None = None
        self._divergence: float | None = None

    def step(self) -> float:
        """Update W, then H; return the divergence before."""
        before = self.divergence()
        self._sums = self._pass(self._transposed_csr())
        self._update_H(self._sums)
        self._steps += 1
        return before

    def solve_W(self) -> float:
        """Update W; return the divergence before."""
        if self._AHt is None:
            self._AHt = product(self._data.rows, self.Ht, n_threads=self._n_threads)
        before, options = self.divergence(), self._options
        kernel = partial(
            _update_rows,
            gram=self._HHt.astype(self.W.dtype),
            solver=options.solver,
            penalty=options.w_penalty,
            sweeps=self._sweeps(self.W.shape[0]),
            order=self._order(),
        )
        found = self._AHt.update(kernel, self.W, n_threads=self._n_threads)
        self._divergence = self._from_sums(found.cross, found.WtW)
        return before

    def divergence(self) -> float:
        """Return ½‖A − W·H‖²."""
        if self._divergence is None:
            AHt = self._AHt
            rows: Rows[Block] = self._data.rows if AHt is None else AHt
            kernel = partial(_products, Ht=self.Ht if AHt is None else None)
            found = rows.reduce_with(kernel, self.W, n_threads=self._n_threads)
            self._divergence = self._from_sums(found.cross, found.WtW)
        return self._divergence

    def reset_sums(self) -> None:
        """Drop the sums."""
        self._HHt = gram(MemoryState(self.Ht))
        self._divergence = self._AHt = self._sums = None

    def statistics(self) -> Statistics | None:
        """Return AᵀW and WᵀW, each per row."""
        return None if self._sums is None else self._statistics_of(self._sums)

    def _statistics_of(self, sums: FrobeniusSums) -> Statistics:
        m = self.W.shape[0]
        return Statistics("products", sums.AtW / m, sums.WtW / m)

    def blend(self, past: Statistics | None, eta: float) -> Statistics:
        """Update H from (1 − η)·past + η·these rows' sums, which is returned.

        J. Mairal, F. Bach, J. Ponce and G. Sapiro, "Online learning for matrix
        factorization and sparse coding", JMLR 11 (2010).
        """
        self._sums = self._pass()
        now = self._statistics_of(self._sums)
        if past is None or past.kind != now.kind:
            past = Statistics(now.kind, self.Ht @ now.denominator, now.denominator)
        both, m = now.blend(past, eta), self.W.shape[0]
        AtW = (both.numerator * m).astype(self.Ht.dtype)
        self._update_H(FrobeniusSums(AtW, both.denominator * m))
        self._divergence = None  # computed from the sums of past rows too
        return both

    def _pass(self, transposed: Csr | None = None) -> FrobeniusSums:
        options, rows = self._options, self._data.rows
        kernel = partial(
            _frobenius_pass,
            Ht=self.Ht,
            gram=self._HHt.astype(self.W.dtype),
            solver=options.solver,
            penalty=options.w_penalty,
            sweeps=self._sweeps(self.W.shape[0]),
            order=self._order(),
            memory=self._memory if rows.in_memory else None,
            workspace=self._workspace,
            transposed=transposed,
        )
        self._AHt = None  # Ht changes
        return rows.update(kernel, self.W, n_threads=self._n_threads)

    def _update_H(self, sums: FrobeniusSums) -> None:
        options = self._options
        fixed = self.Ht[:, : options.n_fixed].copy()
        self._HHt, cross = kernels.nmf_update(
            self.Ht,
            sums.AtW,
            sums.WtW.astype(self.Ht.dtype),
            options.solver,
            options.h_penalty.l1,
            options.h_penalty.l2,
            self._sweeps(len(self.Ht)),
            self._order(options.n_fixed),
            self._n_threads,
        )
        if options.n_fixed and options.solver == "mu":  # it updates all rows of H
            self.Ht[:, : options.n_fixed] = fixed
            self._HHt = gram(MemoryState(self.Ht))
            cross = _inner_product(self.Ht, sums.AtW)
        self._divergence = self._from_sums(cross, sums.WtW)

    def _from_sums(self, cross: float, WtW: Array) -> float:
        """½‖A‖² − ⟨A, W·H⟩ + ½⟨WᵀW, HHᵀ⟩, or a sum over entries where that cancels."""
        half_square = self._data.half_square
        product_square = float((WtW * self._HHt).sum()) / 2
        found = half_square - cross + product_square
        if found > CANCELS[self.W.dtype] * half_square:
            return found
        rows = self._data.rows
        if not rows.sparse:
            return self._sum_divergence(observed_only=False)
        zeros = rows.map(_zeros, sparse=True)
        unstored = product_square - self._sum_divergence(zeros, observed_only=True)
        if unstored < CANCELS[self.W.dtype] * product_square:
            unstored = unstored_squares(rows, self.W, self.Ht)
        return self._sum_divergence(observed_only=True) + unstored


def _zeros(block: Csr) -> Csr:
    return block._replace(data=block.data * 0)


def _frobenius_pass(
    block: Block,
    n_threads: int,
    W: Array,
    *,
    Ht: Array,
    gram: Array,
    solver: str,
    penalty: Penalty,
    sweeps: int,
    order: Array | None,
    memory: Array | None,
    workspace: Workspace,
    transposed: Csr | None,
) -> FrobeniusSums:
    """Update rows of W; return what H is updated from, AᵀW in ``memory`` if given."""
    AtW = np.empty_like(Ht) if memory is None else memory
    WtW, _ = kernels_of(block).nmf_frobenius_pass(
        block,
        W,
        Ht,
        gram,
        solver,
        penalty.l1,
        penalty.l2,
        sweeps,
        order,
        AtW,
        workspace.memory,
        n_threads,
        transposed,
    )
    return FrobeniusSums(AtW, WtW)


@dataclass(frozen=True)
class Products:
    """WᵀW and ⟨A·Ht, W⟩ of some rows."""

    WtW: Array
    cross: float

    def __add__(self, other: Products) -> Products:
        """Add those of other rows."""
        return Products(self.WtW + other.WtW, self.cross + other.cross)


def _products(rows: Block, n_threads: int, W: Array, *, Ht: Array | None) -> Products:
    """Multiply rows of A with Ht, tile by tile; if Ht is None, they are A·Ht."""
    kernels = kernels_of(W)
    WtW = kernels.gram(W, None, n_threads)
    if Ht is None:
        return Products(WtW, _inner_product(rows, W))
    if isinstance(rows, Csr):
        AHt = empty_like(W, W.shape)
        kernels.product(rows, None, Ht, AHt, n_threads)
        return Products(WtW, _inner_product(AHt, W))
    cross, AHt = 0.0, empty_like(W, W[:_TILE].shape)
    for begin in range(0, len(W), _TILE):
        some = W[begin : begin + _TILE]
        tile = AHt[: len(some)]
        kernels.product(rows[begin : begin + _TILE], None, Ht, tile, n_threads)
        cross += _inner_product(tile, some)
    return Products(WtW, cross)


def _inner_product(Y: Any, W: Array) -> float:
    return sum_in_float64(products_of_rows(Y, W))


def _update_rows(
    AHt: Array,
    n_threads: int,
    W: Array,
    *,
    gram: Array,
    solver: str,
    penalty: Penalty,
    sweeps: int,
    order: Array | None,
) -> Products:
    return Products(
        *kernels_of(W).nmf_update(
            W, AHt, gram, solver, penalty.l1, penalty.l2, sweeps, order, n_threads
        )
    )
