"""Row sources: where the rows of a matrix live, and the passes over them.

Every factorisation is ``repeat: one pass over the rows -> small sums -> small dense
algebra``. A *pass kernel* is a function (block of rows, rows of state) -> sums, and the
sums of two blocks are added. A *row source* knows where the blocks are and runs a
kernel over them; drivers know only the source. Another home for rows is another file.
"""

from latentia.rows.accept import as_rows
from latentia.rows.memory import MemoryRows
from latentia.rows.passes import (
    Summary,
    adjoint_product,
    gram,
    normal_product,
    product,
    summarise,
    times,
)
from latentia.rows.source import Block, Csr, Kernel, RowSource

__all__ = [
    "Block",
    "Csr",
    "Kernel",
    "MemoryRows",
    "RowSource",
    "Summary",
    "adjoint_product",
    "as_rows",
    "gram",
    "normal_product",
    "product",
    "summarise",
    "times",
]
