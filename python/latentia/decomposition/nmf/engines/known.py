"""½Σ(a − w·h)² over the known entries, by coordinate descent.

Rows of W are least-squares problems of their own, and so are columns of H: the same
pass serves both, the second time over the transposed rows, a copy of the entries.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from latentia._native import kernels
from latentia.decomposition.nmf.engines.base import (
    Array,
    Engine,
)
from latentia.decomposition.nmf.engines.workspace import Workspace
from latentia.decomposition.nmf.penalties import Penalty
from latentia.rows import Csr, MemoryState, RowSource, RowState


class KnownEngine(Engine):
    """Alternates between rows and columns."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._columns: RowSource | None = None
        self._value: float | None = None

    def step(self) -> float:
        """Update W, then H; return the divergence before."""
        before, s = self.value(), self._settings
        if self._columns is None:
            self._columns = self._data.rows.transpose()
        Ht, W = MemoryState(self.Ht), self.W.to_numpy()
        self._update_W()
        self._value = self._update(
            self._columns, Ht, W, s.h_penalty, None, self._order(s.n_fixed)
        )
        self._steps += 1
        return before

    def encode(self) -> float:
        """Update W; return the divergence before."""
        before = self.value()
        self._value = self._update_W()
        return before

    def value(self) -> float:
        """Return ½Σ(a − w·h)² over the known entries."""
        if self._value is None:
            self._value = self._divergence(known_only=True)
        return self._value

    def forget(self) -> None:
        """Drop the divergence."""
        self._value = None

    def _update_W(self) -> float:
        penalty, centre = self._settings.w_penalty, self._w_centre()
        return self._update(
            self._data.rows, self.W, self.Ht, penalty, centre, self._order()
        )

    def _update(
        self,
        rows: RowSource,
        factor: RowState,
        other: Array,
        penalty: Penalty,
        centre: Array | None,
        order: Array | None,
    ) -> float:
        kernel = partial(
            _coordinate_pass,
            other=other,
            penalty=penalty,
            centre=centre,
            sweeps=self._sweeps_allowed(),
            order=order,
            workspace=self._workspace,
        )
        return rows.update(kernel, factor, n_threads=self._n_threads)


def _coordinate_pass(
    block: Csr,
    n_threads: int,
    factor: Array,
    *,
    other: Array,
    penalty: Penalty,
    centre: Array | None,
    sweeps: int,
    order: Array | None,
    workspace: Workspace,
) -> float:
    return kernels.nmf_known_coordinate_pass(
        block,
        factor,
        other,
        penalty.l1,
        penalty.l2,
        centre,
        sweeps,
        order,
        workspace.memory,
        n_threads,
    )
