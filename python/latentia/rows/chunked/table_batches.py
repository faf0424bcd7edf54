"""Tables in files: .csv, .tsv, .parquet and .feather."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.reading.tables import Table
from latentia.rows.chunked.concatenated import ConcatenatedParts
from latentia.rows.chunked.sliced_array import SameFile


@dataclass(frozen=True)
class TableBatches:
    """Reads batches of rows of a table, if its file has not changed."""

    source: SameFile

    def __call__(self, numbers: Sequence[int]) -> Iterator[NDArray[Any]]:
        """Yield the batches with these numbers."""
        with self.source() as table:
            yield from table.blocks(numbers)


def table_storage(table: Table) -> ConcatenatedParts:
    """Return the storage of a table."""
    n_rows, n_features = table.shape
    return ConcatenatedParts(
        TableBatches(SameFile(table.path, partial(nullcontext, table))),
        np.cumsum([0, *table.counts]),
        n_features,
        table.dtype,
        sparse=False,
        n_stored=n_rows * n_features,
    )
