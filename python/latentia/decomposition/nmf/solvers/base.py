"""What the solvers have in common.

A solver holds the factors W (m × k) and Ht = Hᵀ (n × k) and improves them in place:
``step`` is one iteration of both, ``solve_W`` one of W alone. Each reads the rows at
most once.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import as_random
from latentia._native import kernels
from latentia.decomposition.nmf.factors import totals
from latentia.decomposition.nmf.options import NMFOptions
from latentia.decomposition.nmf.scan import ScannedData
from latentia.rows import Block, Csr, MemoryRows, MemoryState, Rows, RowSource, RowState
from latentia.rows.backend import kernels_of

Array = NDArray[Any]

CENTRE = 0.98
"""Rows of W with few observed entries are drawn to this times the mean row of W. With 1
it would cost nothing to let W grow and H shrink where all rows are alike."""

MAX_SWEEPS = 8
"""Sweeps over the coordinates per read of the rows."""

_STEPS_PER_SWEEP = 3
"""A fit's first steps take one sweep; every third step allows one more."""


@dataclass(frozen=True)
class Statistics:
    """What an update of H is computed from, as a mean over the rows.

    Attributes
    ----------
    kind : str
        "products": AᵀW (n × k) and WᵀW (k × k).
        "divergence β": numerator ∘ Ht^(1/γ) (n × k) and denominator (n × k or 1 × k) of
        the multiplicative update; their quotient is the new Ht^(1/γ).
    numerator, denominator : ndarray
    """

    kind: str
    numerator: Array
    denominator: Array

    def blend(self, past: Statistics, eta: float) -> Statistics:
        """Return (1 − η)·past + η·self."""
        return Statistics(
            self.kind,
            (1 - eta) * past.numerator + eta * self.numerator,
            (1 - eta) * past.denominator + eta * self.denominator,
        )


class Workspace(threading.local):
    """Memory that kernels reuse from pass to pass, one for every thread.

    A pickled workspace arrives empty.
    """

    def __init__(self, *, single: bool) -> None:
        self._single = single
        self.memory: Any = (
            kernels.NmfWorkspaceFloat32() if single else kernels.NmfWorkspaceFloat64()
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _workspace, (self._single,)


def _workspace(single: bool) -> Workspace:
    return Workspace(single=single)


class Solver(ABC):
    """Factors and their updates.

    Attributes
    ----------
    W : RowState (m × k)
        Kept where the rows are.
    Ht : ndarray of shape (n, k)
    """

    def __init__(
        self,
        data: ScannedData,
        options: NMFOptions,
        W: RowState,
        Ht: Array,
        n_threads: int,
    ) -> None:
        self.W, self.Ht = W, Ht
        self._data, self._options, self._n_threads = data, options, n_threads
        self._workspace = Workspace(single=data.rows.dtype == np.float32)
        self._random = as_random(options.random_state) if options.shuffle else None
        self._steps = 0
        self._products_per_sweep: dict[int, float] = {}
        self._centre: Array | None = None
        self._transposed: RowSource | None = None

    def fix_H(self) -> None:
        """Prepare for ``solve_W``: H is final, so all sweeps are allowed at once."""
        self._steps = _STEPS_PER_SWEEP * MAX_SWEEPS

    @abstractmethod
    def step(self) -> float:
        """Update W, then H; return the divergence before."""

    @abstractmethod
    def solve_W(self) -> float:
        """Update W; return the divergence before."""

    @abstractmethod
    def divergence(self) -> float:
        """Return the divergence of A from W·H."""

    @abstractmethod
    def reset_sums(self) -> None:
        """Drop sums over the factors: an interrupted step may have changed these."""

    def penalty(self) -> float:
        """Return the penalties of the factors.

        With a centre c it is ½·l2·Σ‖w_i − c‖². If c is computed from W, the penalty
        ½·l2·n·(1/CENTRE − 1)·‖c‖² of c is added, over n rows: c = CENTRE·mean(W)
        minimises the sum.
        """
        total, options = 0.0, self._options
        for factor, penalty in (
            (self.W, options.w_penalty),
            (MemoryState(self.Ht), options.h_penalty),
        ):
            if penalty.l1 > 0 or penalty.l2 > 0:
                size, square = totals(factor), 0.0
                if penalty.to_mean:
                    centre, n = self._find_centre(size.sum), self._data.n_observed_rows
                    square = n * float(centre @ centre) - 2 * float(centre @ size.sum)
                    if options.centre is None:
                        square += n * (1 / CENTRE - 1) * float(centre @ centre)
                total += penalty.l1 * float(size.sum.sum())
                total += penalty.l2 / 2 * (size.square + square)
        return total

    def _find_centre(self, sum_of_W: Array) -> Array:
        """Return what rows of W are drawn to, in float64, and keep it for the step."""
        found: Array = CENTRE * sum_of_W / max(self._data.n_observed_rows, 1)
        if self._options.centre is not None:
            found = self._options.centre
        self._centre = found.astype(self.W.dtype)
        return found

    def _w_centre(self) -> Array | None:
        """Return what rows of W are drawn to in this step; None for zero."""
        if not self._options.w_penalty.to_mean:
            return None
        if self._centre is None:
            self._find_centre(totals(self.W).sum)
        centre, self._centre = self._centre, None
        return centre

    def _order(self, n_fixed: int = 0) -> Array | None:
        """Return the order of the coordinates, without the first ``n_fixed``.

        None means all, from first to last; with ``shuffle`` each call draws a new one.
        """
        k = self.W.shape[1]
        if self._random is None and n_fixed == 0:
            return None
        drawn: Array = (
            np.arange(k) if self._random is None else self._random.permutation(k)
        )
        return drawn[drawn >= n_fixed].astype(np.int64)

    def _columns(self) -> RowSource | None:
        """Return the transpose of sparse rows in memory, a copy; None of others.

        A pass then sums each row of AᵀW by itself. Without it, every chunk of rows has
        n × k sums of its own, which are added.
        """
        rows = self._data.rows
        if self._transposed is None and rows.sparse and rows.in_memory:
            self._transposed = rows.transpose()
        return self._transposed

    def _transposed_csr(self) -> Csr | None:
        if not isinstance(self._data.rows, MemoryRows):  # tensors keep their own
            return None
        columns = self._columns()
        return columns.csr if isinstance(columns, MemoryRows) else None

    def _sweeps(self, length: int) -> int:
        """Return the number of sweeps over a factor of this length.

        A sweep costs k² for each row, the product with A 2k for each entry: sweeps take
        at most half of the product's work (Gillis and Glineur 2012). Zeros do not
        count, so that a matrix gets as many sweeps dense as sparse. "mu" has no sweeps.
        """
        if self._options.solver == "mu":
            return 1
        if length not in self._products_per_sweep:
            sweep = length * self.W.shape[1]
            nonzeros = self._data.nonzeros(MAX_SWEEPS * sweep)
            self._products_per_sweep[length] = nonzeros / sweep
        return int(min(1 + self._products_per_sweep[length], self._sweeps_allowed()))

    def _sweeps_allowed(self) -> int:
        """Return the most sweeps of this step: few at first.

        The optimum for factors far from their final values is often zero, for whole
        components.
        """
        return min(1 + self._steps // _STEPS_PER_SWEEP, MAX_SWEEPS)

    def _sum_divergence(
        self, rows: Rows[Block] | None = None, *, observed_only: bool
    ) -> float:
        """Return Σ d(a, w·h) over all entries, or over those stored."""
        kernel = partial(
            _divergence,
            Ht=self.Ht,
            beta=self._options.beta,
            floor=self._data.floor,
            observed_only=observed_only,
        )
        rows = self._data.rows if rows is None else rows
        return rows.reduce_with(kernel, self.W, n_threads=self._n_threads)


def _divergence(
    block: Block,
    n_threads: int,
    W: Array,
    *,
    Ht: Array,
    beta: float,
    floor: float,
    observed_only: bool,
) -> float:
    return kernels_of(block).nmf_divergence(
        block, W, Ht, beta, floor, observed_only, n_threads
    )


class AdditiveSolver(Solver):
    """Updates H from sums over rows, so that H can be updated batch by batch."""

    @abstractmethod
    def statistics(self) -> Statistics | None:
        """Return what the last step updated H from, if there was a step."""

    @abstractmethod
    def blend(self, past: Statistics | None, eta: float) -> Statistics:
        """Update H from (1 − η)·past + η·these rows' statistics, which is returned.

        A past of another kind, or none, is replaced by one that would lead to H as it
        is.
        """
