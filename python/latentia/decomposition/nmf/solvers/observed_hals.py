"""½Σ(a − w·h)² over the observed entries, by HALS (coordinate descent).

Each row of W is a least-squares problem of its own, and so is each column of H: the
same pass serves both, for H over the transposed rows, which are a copy of the entries.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from latentia.decomposition.nmf.options import Penalty
from latentia.decomposition.nmf.solvers.base import Array, Solver, Workspace
from latentia.rows import Csr, RowSource, RowState
from latentia.rows.backend import kernels_of


class ObservedHALSSolver(Solver):
    """Alternates between the rows of W and the columns of H."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._divergence: float | None = None

    def step(self) -> float:
        """Update W, then H; return the divergence before."""
        before, options = self.divergence(), self._options
        columns = self._columns()
        assert columns is not None
        Ht = columns.state_from_array(self.Ht)
        in_memory: Any = self.W  # an array or a tensor, as the rows are in memory
        W = in_memory.array
        self._update_W()
        self._divergence = self._update(
            columns,
            Ht,
            W,
            options.h_penalty,
            None,
            self._order(options.n_fixed),
        )
        self.Ht = Ht.to_numpy()
        self._steps += 1
        return before

    def solve_W(self) -> float:
        """Update W; return the divergence before."""
        before = self.divergence()
        self._divergence = self._update_W()
        return before

    def divergence(self) -> float:
        """Return ½Σ(a − w·h)² over the observed entries."""
        if self._divergence is None:
            self._divergence = self._sum_divergence(observed_only=True)
        return self._divergence

    def reset_sums(self) -> None:
        """Drop the divergence."""
        self._divergence = None

    def _update_W(self) -> float:
        penalty, centre = self._options.w_penalty, self._w_centre()
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
            _hals_pass,
            other=other,
            penalty=penalty,
            centre=centre,
            sweeps=self._sweeps_allowed(),
            order=order,
            workspace=self._workspace,
        )
        return rows.update(kernel, factor, n_threads=self._n_threads)


def _hals_pass(
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
    """Update rows of a factor; return the divergence after."""
    return kernels_of(block).nmf_observed_hals_pass(
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
