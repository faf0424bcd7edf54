"""How rows, and the states that belong to them, are divided into blocks."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentia.rows.chunked.budget import Budget
from latentia.rows.chunked.results import Out
from latentia.rows.chunked.row_storage import Span

_NAMED = (OSError, TypeError, ValueError)


@dataclass(frozen=True)
class Layout:
    """What rows have in common with the states that belong to them.

    Attributes
    ----------
    bounds : ndarray of shape (n_blocks + 1,)
        Where blocks begin, and at last the number of rows.
    budget : Budget
        Memory for states.
    out : Path, array or None
        Where results are written.
    name : str
        How error messages call the rows.
    """

    bounds: NDArray[np.int64]
    budget: Budget
    out: Out | None
    name: str

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return int(self.bounds[-1])

    @property
    def spans(self) -> list[Span]:
        """The rows of each block."""
        return list(itertools.pairwise(self.bounds.tolist()))

    @contextmanager
    def naming(self, number: int) -> Generator[None]:
        """Let errors of a read name the block; the kind of an error stays the same."""
        try:
            yield
        except _NAMED as error:
            kind = next(kind for kind in _NAMED if isinstance(error, kind))
            raise kind(f"{self._block(number)} could not be read: {error}") from error
        except Exception as error:
            error.add_note(f"{self._block(number)} was read")
            raise

    def _block(self, number: int) -> str:
        begin, end = self.bounds[number : number + 2]
        return f"{self.name}: block {number} (rows {begin} to {end - 1})"
