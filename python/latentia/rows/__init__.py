"""Row sources: where the rows of a matrix live, and the passes over them.

Every factorisation is ``repeat: one pass over the rows -> small sums -> small dense
algebra``. A *pass kernel* is a function (block of rows, rows of state) -> sums, and the
sums of two blocks are added. A *row source* knows where the blocks are and runs a
kernel over them; drivers know only the source. ``memory`` has arrays and CSR in this
process, ``chunked`` what is read by blocks, ``dask`` what is in a collection of Dask's;
another home for rows is another file.
"""

from latentia.rows.accept import as_rows, memory_rows
from latentia.rows.centre import Centre, Mean
from latentia.rows.chunked import open
from latentia.rows.memory import MemoryRows, dense, length
from latentia.rows.passes import (
    adjoint_product,
    gram,
    image,
    normal_product,
    product,
    scale_columns,
    total,
)
from latentia.rows.source import Block, Csr, Kernel, RowSource, add_up
from latentia.rows.summary import (
    Place,
    Summary,
    about_the_mean,
    in_fitting_unit,
    in_unit,
    summarise,
    summary_kernel,
)

__all__ = [
    "Block",
    "Centre",
    "Csr",
    "Kernel",
    "Mean",
    "MemoryRows",
    "Place",
    "RowSource",
    "Summary",
    "about_the_mean",
    "add_up",
    "adjoint_product",
    "as_rows",
    "dense",
    "gram",
    "image",
    "in_fitting_unit",
    "in_unit",
    "length",
    "memory_rows",
    "normal_product",
    "open",
    "product",
    "scale_columns",
    "summarise",
    "summary_kernel",
    "total",
]
