"""HTML that notebooks show: built as a tree, so that no text ends up unescaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, tostring

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def element(tag: str, *content: str | Element, **attributes: str) -> Element:
    """Return an element: ``class_`` stands for class, ``aria_label`` for aria-label."""
    made = Element(
        tag,
        {k.rstrip("_").replace("_", "-"): _clean(v) for k, v in attributes.items()},
    )
    for part in content:
        if isinstance(part, str):
            made.text = _clean(part)
        else:
            made.append(part)
    return made


def _clean(text: str) -> str:
    """Return text that UTF-8 can hold: a file's name may have other bytes."""
    return text.encode("utf-8", "backslashreplace").decode()


def to_text(tree: Element) -> str:
    """Return an element as text."""
    return tostring(tree, encoding="unicode", method="html")


def html_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Element]],
    *,
    best: int | None = None,
    notes: Iterable[str] = (),
) -> str:
    """Return a table with a title above it and notes below it.

    Parameters
    ----------
    title : str
    columns : sequence of str
        Headings.
    rows : iterable of sequences of str or Element
        One cell per column.
    best : int, optional
        Number of a row in bold type.
    notes : iterable of str
        Paragraphs.
    """
    body = element("tbody")
    for number, row in enumerate(rows):
        style = "font-weight: bold" if number == best else ""
        cells = (element("td", cell) for cell in row)
        body.append(element("tr", *cells, **({"style": style} if style else {})))
    head = element("thead", element("tr", *(element("th", one) for one in columns)))
    caption = element("caption", title, style="text-align: left; white-space: pre-line")
    page = element("div", element("table", caption, head, body))
    page.extend(element("p", note) for note in notes)
    return to_text(page)


def rich_table(table: Table) -> str:
    """Return a table of rich, with its title and caption, as HTML."""
    columns = [list(column.cells) for column in table.columns]
    styles = [str(row.style or "") for row in table.rows]
    return html_table(
        str(table.title or ""),
        [str(column.header) for column in table.columns],
        [[_cell(cell) for cell in row] for row in zip(*columns, strict=True)],
        best=styles.index("bold") if "bold" in styles else None,
        notes=[str(table.caption)] if table.caption else [],
    )


def _cell(cell: RenderableType) -> str | Element:
    """Return a cell of text, or in bold type what rich would print so."""
    text = str(cell)
    return element("b", text) if getattr(cell, "style", "") == "bold" else text
