"""Tables of numbers in files: text, Parquet and Feather, read by Arrow.

`header.py` decides whether the first line of a text is names or data, `columns.py`
which columns are taken, `text.py` and `binary.py` give record batches, `values.py`
makes arrays of these, `table.py` puts it together. What was decided by looking at the
data, and not said by the caller, is a remark that the caller gets to see.
"""

from latentia.reading.tables.columns import listed
from latentia.reading.tables.options import TableOptions
from latentia.reading.tables.table import TABLE_ENDINGS, Table, is_table, open_table
from latentia.reading.tables.values import arrow_frame, frame_array

__all__ = [
    "TABLE_ENDINGS",
    "Table",
    "TableOptions",
    "arrow_frame",
    "frame_array",
    "is_table",
    "listed",
    "open_table",
]
