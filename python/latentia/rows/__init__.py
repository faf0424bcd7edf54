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

from latentia.rows.backend import (
    as_float64,
    dtype_of,
    empty_like,
    extremes_of_columns,
    is_tensor,
    kernels_of,
    on_host,
    placed_like,
    products_of_rows,
    square_of_rows,
    sum_in_float64,
    sum_of_rows,
    to_numpy,
)
from latentia.rows.block import Block, Csr, length, stored_values
from latentia.rows.centre import Centre, Mean
from latentia.rows.chunked import open
from latentia.rows.convert import as_host_rows, as_rows
from latentia.rows.kernel import (
    Kernel,
    S,
    StateKernel,
    pairwise_sum,
    single_threaded,
)
from latentia.rows.kinds import torch_tensor
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
from latentia.rows.summary import (
    Location,
    Summary,
    about_the_mean,
    least_value,
    rescale_rows,
    summarise,
    summarise_in_range,
    summary_kernel,
)
from latentia.rows.to_memory import memory_rows

__all__ = [
    "Block",
    "Centre",
    "Csr",
    "Kernel",
    "Location",
    "Mean",
    "MemoryRows",
    "MemoryState",
    "RowSource",
    "RowState",
    "Rows",
    "S",
    "StateKernel",
    "Summary",
    "about_the_mean",
    "adjoint_product",
    "as_float64",
    "as_host_rows",
    "as_rows",
    "change_in_place",
    "dtype_of",
    "empty_like",
    "extremes_of_columns",
    "gram",
    "is_tensor",
    "kernels_of",
    "least_value",
    "length",
    "memory_rows",
    "normal_product",
    "on_host",
    "open",
    "pairwise_sum",
    "placed_like",
    "product",
    "products_of_rows",
    "reduce_product",
    "rescale_rows",
    "scale_columns",
    "single_threaded",
    "square_of_rows",
    "stored_values",
    "sum_in_float64",
    "sum_of_rows",
    "summarise",
    "summarise_in_range",
    "summary_kernel",
    "to_numpy",
    "torch_tensor",
    "total",
]
