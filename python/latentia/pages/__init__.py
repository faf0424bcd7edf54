"""Web pages: their content, how it becomes HTML, and how the files are written.

The report about a model and the demo are made of it. A section is plain data: whatever
has something to show returns a :class:`Section`; `html` and ``style.css`` decide how it
looks, `write` where the files go.
"""

from latentia.pages.build import build_page
from latentia.pages.document import Document, Fact, Picture, Section, Table
from latentia.pages.write import refuse_to_overwrite, write_page

__all__ = [
    "Document",
    "Fact",
    "Picture",
    "Section",
    "Table",
    "build_page",
    "refuse_to_overwrite",
    "write_page",
]
