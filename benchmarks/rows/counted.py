"""Rows that count how often they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from latentia.rows import Block, RowSource, RowState


def _idle() -> None:
    """Watch nothing."""


@dataclass
class Tally:
    """Whole passes, and single rows."""

    passes: int = 0
    taken: int = 0

    def n_bytes(self, rows: RowSource) -> int:
        """Return what was read of dense rows."""
        n_rows, n_features = rows.shape
        return (self.passes * n_rows + self.taken) * n_features * rows.dtype.itemsize


@dataclass
class CountedRows:
    """A row source whose reads are counted; all else is its own.

    ``watch`` is called as each pass begins.
    """

    rows: RowSource
    tally: Tally = field(default_factory=Tally)
    watch: Callable[[], None] = _idle

    def __getattr__(self, name: str) -> Any:
        """Leave the rest to the rows."""
        return getattr(self.rows, name)

    def state_from_array(self, array: Any) -> RowState:
        """Return a state of the rows, which is not counted."""
        return self.rows.state_from_array(array)

    def reduce(self, *args: Any, **keywords: Any) -> Any:
        """Count a pass."""
        self._count()
        return self.rows.reduce(*args, **keywords)

    def reduce_with(self, *args: Any, **keywords: Any) -> Any:
        """Count a pass that reads a state."""
        self._count()
        return self.rows.reduce_with(*args, **keywords)

    def update(self, *args: Any, **keywords: Any) -> Any:
        """Count a pass that writes to a state."""
        self._count()
        return self.rows.update(*args, **keywords)

    def take(self, indices: Any) -> Block:
        """Count rows."""
        self.tally.taken += len(indices)
        return self.rows.take(indices)

    def map(
        self,
        function: Callable[[Any], Block],
        *,
        sparse: bool,
        dtype: np.dtype[Any] | None = None,
    ) -> CountedRows:
        """Count what is read through a function with the rest."""
        mapped = self.rows.map(function, sparse=sparse, dtype=dtype)
        return CountedRows(mapped, self.tally, self.watch)

    def transpose(self) -> CountedRows:
        """Count what is read by columns with the rest."""
        return CountedRows(self.rows.transpose(), self.tally, self.watch)

    def _count(self) -> None:
        self.watch()
        self.tally.passes += 1
