"""Rows that are larger than memory: read by blocks, the next one ahead of the kernel.

A *storage* (storage.py) reads runs of rows, one after the other: of an array on disk
(array.py), or of parts that follow each other (parts.py), which are the files of a
folder (parts.py) or what an iterator gives (factory.py). `ChunkedRows` cuts it into
blocks by a memory budget (budget.py), reads the next block ahead (read_ahead.py) and
adds up what the kernel makes of each.
"""

from latentia.rows.chunked.blocked_rows import ChunkedRows
from latentia.rows.chunked.mapped import drop_pages
from latentia.rows.chunked.opening import chunked_rows, open

__all__ = ["ChunkedRows", "chunked_rows", "drop_pages", "open"]
