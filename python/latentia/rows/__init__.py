"""Row sources: where the rows of a matrix live, and the passes over them.

Every factorisation is ``repeat: one pass over the rows -> small sums -> small dense
algebra``. A *pass kernel* is a function (block of rows, rows of state) -> sums, and the
sums of two blocks are added. A *row source* knows where the blocks are and runs a
kernel over them; drivers know only the source. ``memory`` has arrays and CSR in this
process, ``chunked`` what is read by blocks, ``dask`` what is in a collection of Dask's;
another home for rows is another file.
"""

from latentia.rows.centre import Centre, Mean
from latentia.rows.chunked import open
from latentia.rows.convert import as_rows, memory_rows
from latentia.rows.memory import MemoryRows, dense, length
from latentia.rows.passes import (
    adjoint_product,
    gram,
    normal_product,
    product,
    reduce_product,
    scale_columns,
    total,
)
from latentia.rows.source import Block, Csr, Kernel, RowSource, pairwise_sum
from latentia.rows.summary import (
    Location,
    Summary,
    about_the_mean,
    rescale_rows,
    summarise,
    summarise_in_range,
    summary_kernel,
)

__all__ = [
    "Block",
    "Centre",
    "Csr",
    "Kernel",
    "Location",
    "Mean",
    "MemoryRows",
    "RowSource",
    "Summary",
    "about_the_mean",
    "adjoint_product",
    "as_rows",
    "dense",
    "gram",
    "length",
    "memory_rows",
    "normal_product",
    "open",
    "pairwise_sum",
    "product",
    "reduce_product",
    "rescale_rows",
    "scale_columns",
    "summarise",
    "summarise_in_range",
    "summary_kernel",
    "total",
]
