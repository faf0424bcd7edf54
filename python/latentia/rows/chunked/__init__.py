"""Rows that are larger than memory: read by blocks, the next one ahead of the kernel.

A *storage* (storage.py) reads runs of rows, one after the other: of an array on disk
(array.py), or of pieces that follow each other (pieces.py), which are the files of a
folder (parts.py) or what an iterator gives (factory.py). `ChunkedRows` cuts it into
blocks by a memory budget (budget.py), reads the next block ahead (read_ahead.py) and
adds up what the kernel makes of each.
"""

from latentia.rows.chunked.mapped import let_go
from latentia.rows.chunked.opening import chunked_rows, open
from latentia.rows.chunked.rows import ChunkedRows

__all__ = ["ChunkedRows", "chunked_rows", "let_go", "open"]
