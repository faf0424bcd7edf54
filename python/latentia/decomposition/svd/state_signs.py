"""Signs of the columns of rows that are not in memory, before they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.svd.result import column_signs
from latentia.rows import RowState, single_threaded
from latentia.rows.backend import extremes_of_columns

Array = NDArray[Any]


def state_signs(state: RowState, n_threads: int) -> Array:
    """Return, for every column, the sign of its largest entry, as ``column_signs``."""
    return state.reduce(_of_block, n_threads=n_threads).sign


@dataclass(frozen=True)
class _Largest:
    """Sizes of the largest entries of columns, and their signs; of ties the first."""

    size: Array
    sign: Array

    def __add__(self, later: _Largest) -> _Largest:
        first = self.size >= (1 - 1e-4) * later.size
        return _Largest(
            np.maximum(self.size, later.size), np.where(first, self.sign, later.sign)
        )


@single_threaded
def _of_block(block: Array) -> _Largest:
    high, low = extremes_of_columns(block)
    return _Largest(np.maximum(high, -low), column_signs(block))
