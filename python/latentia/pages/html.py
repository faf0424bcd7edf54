"""A document as one web page: semantic HTML with everything it needs inside.

There is no JavaScript and no link to fetch.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Mapping
from importlib import resources
from xml.etree.ElementTree import Element

from latentia._html import element, to_text
from latentia.pages.document import Document, Fact, Picture, Section, Table


def render(document: Document, images: Mapping[str, bytes]) -> str:
    """Return the page of ``document`` as text.

    Parameters
    ----------
    document : Document
    images : mapping of picture name to bytes
        The PNG file of every picture.
    """
    page = element("html", _head(document), _body(document, images), lang="en")
    return "<!DOCTYPE html>\n" + to_text(page)


def _head(document: Document) -> Element:
    style = resources.files("latentia.pages").joinpath("style.css").read_text("utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", document.title),
        element("style", style),
    )


def _body(document: Document, images: Mapping[str, bytes]) -> Element:
    header = element("header", element("h1", document.title))
    if document.lead:
        header.append(element("p", document.lead, class_="lead"))
    body = element("body", header)
    if len(document.sections) > 1:
        body.append(_contents(document.sections))
    body.append(
        element(
            "main",
            *(
                _section(section, number, images)
                for number, section in enumerate(document.sections, start=1)
            ),
        )
    )
    if document.colophon:
        body.append(element("footer", element("p", document.colophon)))
    return body


def _contents(sections: Iterable[Section]) -> Element:
    links = (
        element("li", element("a", section.title, href=f"#section-{number}"))
        for number, section in enumerate(sections, start=1)
    )
    return element("nav", element("ol", *links), aria_label="Contents")


def _section(section: Section, number: int, images: Mapping[str, bytes]) -> Element:
    part = element("section", element("h2", section.title), id=f"section-{number}")
    if section.verdict:
        part.append(element("p", element("strong", section.verdict)))
    part.extend(element("p", paragraph) for paragraph in section.prose)
    if section.facts:
        part.append(element("dl", *map(_fact, section.facts), class_="facts"))
    part.extend(map(_table, section.tables))
    part.extend(_figure(p, images[p.name]) for p in section.pictures)
    return part


def _fact(fact: Fact) -> Element:
    return element("div", element("dt", fact.label), element("dd", fact.value))


def _table(table: Table) -> Element:
    def cell(tag: str, column: str, text: str, **attributes: str) -> Element:
        if column == table.emphasised:
            attributes["class_"] = "emphasised"
        return element(tag, text, **attributes)

    headings = (cell("th", column, column, scope="col") for column in table.columns)
    rows = (
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(
                cell("td", column, text)
                for column, text in zip(table.columns[1:], row[1:], strict=True)
            ),
        )
        for row in table.rows
    )
    return element(
        "div",
        element(
            "table",
            element("caption", table.caption),
            element("thead", element("tr", *headings)),
            element("tbody", *rows),
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
    return element(
        "figure",
        element(
            "img",
            src="data:image/png;base64," + base64.b64encode(image).decode(),
            alt=picture.alt,
            width=str(width),
            height=str(height),
        ),
        element("figcaption", picture.caption),
    )
