import base64
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from latentia._html import element, to_text
from latentia.pages import Document, Fact, Picture, Section, Table
from latentia.pages.html import render
from latentia.plots import png

NASTY = """<script>alert("&amp;")</script> 'quoted' "twice" </style>"""
VOID = {"img", "meta"}


class Page(HTMLParser):
    """Collects elements and text, and insists that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def report() -> Document:
    report = Document(NASTY, lead=NASTY, colophon=NASTY)
    for name in ("first", "second"):
        report.add(
            Section(
                NASTY,
                prose=[NASTY, "plain"],
                facts=[Fact(NASTY, NASTY)],
                tables=[Table(NASTY, ["a", NASTY], [["1", NASTY]], emphasised=NASTY)],
                pictures=[Picture(name, Figure((2, 1)), caption=NASTY, alt=NASTY)],
            )
        )
    return report


@pytest.fixture
def text(report: Document) -> str:
    pictures = [p for section in report.sections for p in section.pictures]
    return render(report, {p.name: png(p.figure) for p in pictures})


def test_is_well_formed(text: str) -> None:
    assert text.startswith("<!DOCTYPE html>\n")
    page = Page(text)
    assert page.all("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in page.all("meta")
    for tag in ("header", "nav", "main", "footer", "title", "h1"):
        assert len(page.all(tag)) == 1


def test_is_self_contained(text: str) -> None:
    page = Page(text)
    for tag in ("script", "link", "iframe", "object"):
        assert page.all(tag) == []
    assert all(
        (image["src"] or "").startswith("data:image/png;base64,")
        for image in page.all("img")
    )
    assert all((link["href"] or "").startswith("#") for link in page.all("a"))
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_all_text_is_escaped_and_all_is_there(text: str) -> None:
    page = Page(text)
    assert page.all("script") == []
    # The page: title twice, lead, colophon. Each section: title twice, prose once, a
    # fact's two, a table's caption, heading and cell, a picture's caption.
    assert "".join(page.text).count(NASTY) == 4 + 2 * (2 + 1 + 2 + 3 + 1)
    assert page.all("img")[0]["alt"] == NASTY


@pytest.mark.parametrize(
    "name",
    [
        '" onmouseover="alert(1)',
        "' onerror='alert(1)' x='",
        '"><img src=x onerror=alert(1)>',
        "javascript:alert(1)",
        "--><script>alert(1)</script><!--",
        "]]></style><script>alert(1)</script>",
        "&#x3c;script&#x3e;alert(1)&lt;/script&gt;",
        "\N{RIGHT-TO-LEFT OVERRIDE}tpircs",
    ],
)
def test_names_of_classes_add_no_element_and_no_attribute(name: str) -> None:
    """Wherever a name can be: in text, in tables, in what pictures show."""

    def page(name: str) -> Page:
        report = Document(name, lead=name)
        picture = Picture("p", Figure((2, 1)), caption=name, alt=name)
        table = Table(name, ["class", name], [[name, name]])
        report.add(Section(name, [name], [Fact(name, name)], [table], [picture]))
        return Page(render(report, {"p": png(picture.figure)}))

    found, plain = page(name), page("bag")
    assert [(tag, [*attributes]) for tag, attributes in found.elements] == [
        (tag, [*attributes]) for tag, attributes in plain.elements
    ]
    assert found.all("img")[0]["alt"] == name
    assert "".join(found.text) == "".join(plain.text).replace("bag", name)


def test_pictures_have_words_and_their_size(text: str) -> None:
    page = Page(text)
    images = page.all("img")
    assert len(images) == len(page.all("figure")) == len(page.all("figcaption")) == 2
    for image in images:
        assert image["alt"]
        assert (image["width"], image["height"]) == ("400", "200")


def test_embedded_pictures_are_the_files(report: Document) -> None:
    images = {
        p.name: png(p.figure) for section in report.sections for p in section.pictures
    }
    text = render(report, images)
    for image in images.values():
        assert base64.b64encode(image).decode() in text


def test_links_lead_to_sections(text: str) -> None:
    page = Page(text)
    targets = [f"#{section['id']}" for section in page.all("section")]
    assert [link["href"] for link in page.all("a")] == targets
    assert len(set(targets)) == 2


def test_only_the_column_that_matters_is_emphasised(text: str) -> None:
    page = Page(text)
    assert [cell.get("class") for cell in page.all("td")] == ["emphasised"] * 2
    headings = [cell for cell in page.all("th") if cell["scope"] == "col"]
    assert [cell.get("class") for cell in headings] == [None, "emphasised"] * 2


def test_follows_the_reader_into_the_dark_and_onto_paper(text: str) -> None:
    assert "@media (prefers-color-scheme: dark)" in text
    assert "@media print" in text
    assert "width=device-width" in text


def test_a_single_section_needs_no_contents() -> None:
    page = Page(render(Document("Title").add(Section("Only")), {}))
    assert page.all("nav") == []
    assert page.all("footer") == []


def test_names_of_files_that_are_no_utf8():
    tree = element("p", "caf\udce9", title="caf\udce9")
    assert to_text(tree).encode().decode() == ('<p title="caf\\udce9">caf\\udce9</p>')
