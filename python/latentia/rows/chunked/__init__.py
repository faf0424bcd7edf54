"""Rows that are larger than memory, read block by block.

A *storage* (``row_storage``) reads runs of rows in order: of an array on disk
(``sliced_array``), of a sparse matrix in a group (``sparse_group``), or of parts that
follow each other (``concatenated``), which are the files of a folder (``part_folder``),
batches of a table (``table_batches``) or what an iterator yields (``iterated``).
`ChunkedRows` divides it into blocks by a memory budget (``budget``, ``layout``), reads
the next block while the kernel runs on one (``read_ahead``) and adds the sums.
"""

from latentia.rows.chunked.blocked_rows import ChunkedRows
from latentia.rows.chunked.mapped import drop_pages
from latentia.rows.chunked.opening import chunked_rows, open

__all__ = ["ChunkedRows", "chunked_rows", "drop_pages", "open"]
