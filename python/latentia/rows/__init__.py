"""Row sources: where the rows of a matrix are stored, and the passes over them.

Every factorisation repeats three steps: one pass over the rows, small sums, small dense
algebra. A *pass kernel* is a function (block of rows, number of threads[, rows of a
state]) -> sums, and the sums of two blocks are added. A *row source* knows where the
blocks are and runs a kernel on them. A *row state* holds results for each row, such as
U or labels, in the same blocks. Drivers know only these two. ``memory`` has arrays and
CSR in this process, ``chunked`` matrices that are read block by block, ``dask``
collections of Dask, ``torch`` tensors on their device. Another place for rows is
another file. Kernels that read NumPy's blocks and those that read tensors have the same
names (``backend``).
"""

from latentia.rows.block import Block, Csr, length, stored_values
from latentia.rows.centre import Centre, Mean
from latentia.rows.chunked import open
from latentia.rows.convert import as_rows
from latentia.rows.kernel import (
    Kernel,
    S,
    StateKernel,
    pairwise_sum,
    single_threaded,
)
from latentia.rows.memory import MemoryRows, MemoryState
from latentia.rows.passes import (
    adjoint_product,
    change_in_place,
    gram,
    normal_product,
    product,
    reduce_product,
    scale_columns,
    total,
)
from latentia.rows.source import Rows, RowSource, RowState
from latentia.rows.summary import Summary, summarise
from latentia.rows.to_memory import memory_rows

__all__ = [
    "Block",
    "Centre",
    "Csr",
    "Kernel",
    "Mean",
    "MemoryRows",
    "MemoryState",
    "RowSource",
    "RowState",
    "Rows",
    "S",
    "StateKernel",
    "Summary",
    "adjoint_product",
    "as_rows",
    "change_in_place",
    "gram",
    "length",
    "memory_rows",
    "normal_product",
    "open",
    "pairwise_sum",
    "product",
    "reduce_product",
    "scale_columns",
    "single_threaded",
    "stored_values",
    "summarise",
    "total",
]
