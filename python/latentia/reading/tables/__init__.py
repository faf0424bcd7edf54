"""Tables of numbers in files: text, Parquet and Feather, read by Arrow.

`header.py` decides whether the first line of a text is names or data, `columns.py`
selects columns, `text.py` and `binary.py` read record batches, `values.py` converts
them to arrays, and `table.py` combines these steps. Every decision that is based on the
data, and not on an option, becomes a remark that is shown to the caller.
`named_columns.py` reads columns of any type, such as ids, by their names.
"""

from latentia.reading.tables.columns import listed
from latentia.reading.tables.named_columns import NamedColumns, read_named_columns
from latentia.reading.tables.options import TableOptions
from latentia.reading.tables.table import TABLE_ENDINGS, Table, is_table, open_table
from latentia.reading.tables.values import arrow_frame, frame_array, no_columns

__all__ = [
    "TABLE_ENDINGS",
    "NamedColumns",
    "Table",
    "TableOptions",
    "arrow_frame",
    "frame_array",
    "is_table",
    "listed",
    "no_columns",
    "open_table",
    "read_named_columns",
]
