"""What engines have in common.

An engine holds the factors W (m × k) and Ht = Hᵀ (n × k) and improves them in place: a
*step* is one iteration of both, an *encoding* one of W alone. Either reads the rows
once, at most.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import as_random
from latentia._native import kernels
from latentia.decomposition.nmf.arguments import Settings
from latentia.decomposition.nmf.data import Data
from latentia.decomposition.nmf.engines.workspace import Workspace
from latentia.decomposition.nmf.factor import totals
from latentia.rows import Block, MemoryState, Rows, RowState

Array = NDArray[Any]


@dataclass(frozen=True)
class Statistics:
    """What an update of H was made from, as a mean over the rows.

    Attributes
    ----------
    kind : str
        "sums", or "slopes" and the β that they are of.
    above, below : ndarray
        AᵀW (n × k) and WᵀW (k × k); or the numerator ∘ Ht^(1/γ) (n × k) and the
        denominator (n × k or 1 × k), whose quotient is what becomes of Ht^(1/γ).
    """

    kind: str
    above: Array
    below: Array

    def blend(self, past: Statistics, eta: float) -> Statistics:
        """Return (1 − η)·past + η·self."""
        return Statistics(
            self.kind,
            (1 - eta) * past.above + eta * self.above,
            (1 - eta) * past.below + eta * self.below,
        )


CENTRE = 0.98
"""Times the mean row of W is what rows of which little is known are drawn to. Were it
1, W could grow and H shrink for nothing where all rows are alike."""

MOST_SWEEPS = 8
"""Over the coordinates, a read of the rows."""


class Engine(ABC):
    """Factors, and how they become better.

    Attributes
    ----------
    W : RowState (m × k)
    Ht : ndarray of shape (n, k)
    """

    def __init__(
        self, data: Data, settings: Settings, W: RowState, Ht: Array, n_threads: int
    ) -> None:
        self.W, self.Ht = W, Ht
        self._data, self._settings, self._n_threads = data, settings, n_threads
        self._workspace = Workspace(single=data.rows.dtype == np.float32)
        shuffled = settings.shuffle
        self._random = as_random(settings.random_state) if shuffled else None
        self._steps = 0
        self._work: dict[int, float] = {}
        self._centre: Array | None = None

    def hold(self) -> None:
        """Make ready to encode: H stays what it is, and is far from nothing."""
        self._steps = 3 * MOST_SWEEPS

    @abstractmethod
    def step(self) -> float:
        """Update W, then H; return the divergence before."""

    @abstractmethod
    def encode(self) -> float:
        """Update W; return the divergence before."""

    @abstractmethod
    def value(self) -> float:
        """Return the divergence of the factors as they are."""

    def cost(self) -> float:
        """Return what the factors cost: their penalties.

        With a centre c it is ½·l2·Σ(w − c)²; if that is CENTRE times the mean of the n
        rows, which is best for c if its own size costs ½·l2·n·(1/CENTRE − 1)·‖c‖², that
        is added.
        """
        total, settings = 0.0, self._settings
        for factor, penalty in (
            (self.W, settings.w_penalty),
            (MemoryState(self.Ht), settings.h_penalty),
        ):
            if penalty.l1 > 0 or penalty.l2 > 0:
                size, square = totals(factor), 0.0
                if penalty.to_mean:
                    centre, n = self._find_centre(size.sum), self._data.n_known_rows
                    square = n * float(centre @ centre) - 2 * float(centre @ size.sum)
                    if settings.centre is None:
                        square += n * (1 / CENTRE - 1) * float(centre @ centre)
                total += penalty.l1 * float(size.sum.sum())
                total += penalty.l2 / 2 * (size.square + square)
        return total

    def _find_centre(self, sum_of_W: Array) -> Array:
        """Return what rows of W are drawn to, in float64, and keep it for the step."""
        found: Array = CENTRE * sum_of_W / max(self._data.n_known_rows, 1)
        if self._settings.centre is not None:
            found = self._settings.centre
        self._centre = found.astype(self.W.dtype)
        return found

    def _w_centre(self) -> Array | None:
        """Return what rows of W are drawn to in this step, if it is not zero."""
        if not self._settings.w_penalty.to_mean:
            return None
        if self._centre is None:
            self._find_centre(totals(self.W).sum)
        centre, self._centre = self._centre, None
        return centre

    @abstractmethod
    def forget(self) -> None:
        """Drop what is remembered of the factors: a step may have been cut short."""

    def _order(self, n_fixed: int = 0) -> Array | None:
        """Return the order of the coordinates, without the first that are fixed.

        None is all of them one after the other; ``shuffle`` draws it anew each time.
        """
        k = self.W.shape[1]
        if self._random is None and n_fixed == 0:
            return None
        drawn: Array = (
            np.arange(k) if self._random is None else self._random.permutation(k)
        )
        return drawn[drawn >= n_fixed].astype(np.int64)

    def _sweeps(self, length: int) -> int:
        """Return how often the coordinates of a factor of this length take turns.

        A sweep costs k² a row, the product with A 2k an entry: sweeps take half of the
        product's work at most (Gillis and Glineur 2012). Zeros do not count: the same
        matrix takes as many, dense or sparse. Fewer in a fit's first steps:
        the best for factors that are still far from their place is often zero, for
        whole components.
        """
        if length not in self._work:
            sweep = length * self.W.shape[1]
            self._work[length] = self._data.nonzeros(MOST_SWEEPS * sweep) / sweep
        return int(min(1 + self._work[length], self._sweeps_allowed()))

    def _sweeps_allowed(self) -> int:
        return min(1 + self._steps // 3, MOST_SWEEPS)

    def _divergence(
        self, rows: Rows[Block] | None = None, *, known_only: bool
    ) -> float:
        """Return Σ d(a, w·h) over all entries, or those stored."""
        kernel = partial(
            _divergence,
            Ht=self.Ht,
            beta=self._settings.beta,
            floor=self._data.floor,
            known_only=known_only,
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
    known_only: bool,
) -> float:
    return kernels.nmf_divergence(block, W, Ht, beta, floor, known_only, n_threads)


class AdditiveEngine(Engine):
    """Updates H from sums over the rows, which other rows' can be added to."""

    @abstractmethod
    def statistics(self) -> Statistics | None:
        """Return what the last step knew for H, if there was one."""

    @abstractmethod
    def blend(self, past: Statistics | None, eta: float) -> Statistics:
        """Update H from (1 − η)·past + η·what these rows know, which is returned.

        A past of another kind, or none, counts as one that would have led to H as it
        is.
        """
