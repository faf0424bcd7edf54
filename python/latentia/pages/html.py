"""A document as one web page: semantic HTML with everything it needs inside.

The page is built as a tree and serialised by the standard library, so that no text can
end up unescaped and no element unclosed. There is no JavaScript and no link to fetch.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Mapping
from importlib import resources
from xml.etree.ElementTree import Element, tostring

from latentia.pages.document import Document, Fact, Picture, Section, Table


def render(document: Document, images: Mapping[str, bytes]) -> str:
    """Return the page of ``document`` as text.

    Parameters
    ----------
    document : Document
    images : mapping of picture name to bytes
        The PNG file of every picture.
    """
    page = _element("html", _head(document), _body(document, images), lang="en")
    return "<!DOCTYPE html>\n" + tostring(page, encoding="unicode", method="html")


def _head(document: Document) -> Element:
    style = resources.files("latentia.pages").joinpath("style.css").read_text("utf-8")
    return _element(
        "head",
        _element("meta", charset="utf-8"),
        _element(
            "meta", name="viewport", content="width=device-width, initial-scale=1"
        ),
        _element("meta", name="color-scheme", content="light dark"),
        _element("title", document.title),
        _element("style", style),
    )


def _body(document: Document, images: Mapping[str, bytes]) -> Element:
    header = _element("header", _element("h1", document.title))
    if document.lead:
        header.append(_element("p", document.lead, class_="lead"))
    body = _element("body", header)
    if len(document.sections) > 1:
        body.append(_contents(document.sections))
    body.append(
        _element(
            "main",
            *(
                _section(section, number, images)
                for number, section in enumerate(document.sections, start=1)
            ),
        )
    )
    if document.colophon:
        body.append(_element("footer", _element("p", document.colophon)))
    return body


def _contents(sections: Iterable[Section]) -> Element:
    links = (
        _element("li", _element("a", section.title, href=f"#section-{number}"))
        for number, section in enumerate(sections, start=1)
    )
    return _element("nav", _element("ol", *links), aria_label="Contents")


def _section(section: Section, number: int, images: Mapping[str, bytes]) -> Element:
    element = _element("section", _element("h2", section.title), id=f"section-{number}")
    if section.verdict:
        element.append(_element("p", _element("strong", section.verdict)))
    element.extend(_element("p", paragraph) for paragraph in section.prose)
    if section.facts:
        element.append(_element("dl", *map(_fact, section.facts), class_="facts"))
    element.extend(map(_table, section.tables))
    element.extend(_figure(p, images[p.name]) for p in section.pictures)
    return element


def _fact(fact: Fact) -> Element:
    return _element("div", _element("dt", fact.label), _element("dd", fact.value))


def _table(table: Table) -> Element:
    def cell(tag: str, column: str, text: str, **attributes: str) -> Element:
        if column == table.emphasised:
            attributes["class_"] = "emphasised"
        return _element(tag, text, **attributes)

    headings = (cell("th", column, column, scope="col") for column in table.columns)
    rows = (
        _element(
            "tr",
            _element("th", row[0], scope="row"),
            *(
                cell("td", column, text)
                for column, text in zip(table.columns[1:], row[1:], strict=True)
            ),
        )
        for row in table.rows
    )
    return _element(
        "div",
        _element(
            "table",
            _element("caption", table.caption),
            _element("thead", _element("tr", *headings)),
            _element("tbody", *rows),
        ),
        # Scrolls sideways on a narrow screen; focusable, so that keys scroll it too.
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=table.caption,
    )


def _figure(picture: Picture, image: bytes) -> Element:
    # Width and height: bytes 16..23 of every PNG file (PNG specification, 11.2.1).
    width, height = struct.unpack(">II", image[16:24])
    return _element(
        "figure",
        _element(
            "img",
            src="data:image/png;base64," + base64.b64encode(image).decode(),
            alt=picture.alt,
            width=str(width),
            height=str(height),
        ),
        _element("figcaption", picture.caption),
    )


def _element(tag: str, *content: str | Element, **attributes: str) -> Element:
    """Return an element: ``class_`` stands for class, ``aria_label`` for aria-label."""
    element = Element(
        tag, {k.rstrip("_").replace("_", "-"): v for k, v in attributes.items()}
    )
    for part in content:
        if isinstance(part, str):
            element.text = part
        else:
            element.append(part)
    return element
