"""The content of a page: sections of prose, tables and pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A figure with the words it needs.

    Attributes
    ----------
    name : str
        Stem of the PNG file: lower-case letters, digits and hyphens.
    figure : matplotlib.figure.Figure
    caption : str
        Says what to look for; shown below the picture.
    alt : str
        Describes the picture for readers who cannot see it.

    Examples
    --------
    >>> from latentia import plots
    >>> from latentia.pages import Picture
    >>> picture = Picture(
    ...     "spectrum",
    ...     plots.spectrum([4.0, 2.0, 1.0]),
    ...     caption="Each value is half of the one before.",
    ...     alt="Three falling points",
    ... )
    >>> picture.name
    'spectrum'
    """

    name: str
    figure: Figure
    caption: str
    alt: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise ValueError(
                "name of a picture must be lower-case letters, digits and hyphens, "
                f"got {self.name!r}"
            )
        if not self.alt.strip():
            raise ValueError(f"alt of picture {self.name!r} must not be empty")


@dataclass(frozen=True)
class Table:
    """Rows of text: the first column names the row, the others hold numbers.

    Attributes
    ----------
    caption : str
    columns : sequence of str
        Column headings.
    rows : sequence of sequences of str
        One entry per column each.
    emphasised : str, optional
        Heading of the column that matters most.

    Examples
    --------
    >>> from latentia.pages import Table
    >>> table = Table("Times", ["task", "seconds"], [["SVD", "0.15"], ["NMF", "0.86"]])
    >>> len(table.rows)
    2
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    emphasised: str | None = None

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows of table {self.caption!r} must have {len(self.columns)} "
                    f"entries, got {len(row)}"
                )
        if self.emphasised is not None and self.emphasised not in self.columns:
            raise ValueError(
                f"emphasised must be one of the columns {list(self.columns)}, "
                f"got {self.emphasised!r}"
            )


@dataclass(frozen=True)
class Fact:
    """A number that is set in large type, and what it means.

    Attributes
    ----------
    value, label : str

    Examples
    --------
    >>> from latentia.pages import Fact, Section
    >>> distance = Fact("3.1", "Fréchet distance; lower is better")
    >>> section = Section("Quality", facts=[distance])
    >>> section.facts[0].value
    '3.1'
    """

    value: str
    label: str


@dataclass(frozen=True)
class Section:
    """One part of a page; everything in it is plain text and is escaped.

    Attributes
    ----------
    title : str
    prose : sequence of str
        Paragraphs.
    facts : sequence of Fact
        A few headline numbers.
    tables : sequence of Table
    pictures : sequence of Picture
    verdict : str
        The conclusion from the numbers, in a sentence; shown first, in bold type.

    Examples
    --------
    >>> from latentia.pages import Section
    >>> section = Section("Quality", ["No image is a copy."], verdict="They are good.")
    >>> section.verdict
    'They are good.'
    """

    title: str
    prose: Sequence[str] = ()
    facts: Sequence[Fact] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    verdict: str = ""


@dataclass
class Document:
    """A page: its title and its sections.

    Attributes
    ----------
    title : str
    lead : str
        What the page is about, in a sentence or two.
    colophon : str
        Closing line, such as the machine and the versions.
    sections : list of Section

    Examples
    --------
    >>> from latentia.pages import Document, Section
    >>> document = Document("Digits", lead="What 64 pixels hold.")
    >>> document = document.add(Section("Size", prose=["There are 1797 images."]))
    >>> [section.title for section in document.sections]
    ['Size']
    """

    title: str
    lead: str = ""
    colophon: str = ""
    sections: list[Section] = field(default_factory=list)

    def add(self, section: Section) -> Self:
        """Append a section and return the document.

        Raises
        ------
        ValueError
            If two pictures have the same name.
        """
        names = [p.name for s in (*self.sections, section) for p in s.pictures]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two pictures of the document are named {name!r}")
        self.sections.append(section)
        return self
