"""A report: sections of prose, tables and pictures, written as one web page.

A section is plain data. Whatever has something to show returns a :class:`Section`; how
it looks is decided in ``page.py`` and ``page.css``, and where it goes here.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from latentia._files import check_link, naming
from latentia.plots.page import render
from latentia.plots.theme import png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE_NAME = "report.html"


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
        Says what is there, for readers who cannot see it.
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
    """A number worth setting in large type, and what it counts."""

    value: str
    label: str


@dataclass(frozen=True)
class Section:
    """One part of a report; everything in it is plain text and is escaped.

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
        What the figures amount to, in a sentence; shown first, in bold type.
    """

    title: str
    prose: Sequence[str] = ()
    facts: Sequence[Fact] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    verdict: str = ""


@dataclass
class Report:
    """Sections on their way to a self-contained page that opens offline.

    Attributes
    ----------
    title : str
    lead : str
        What the report is about, in a sentence or two.
    colophon : str
        Closing line, such as the machine and the versions.
    sections : list of Section
    """

    title: str
    lead: str = ""
    colophon: str = ""
    sections: list[Section] = field(default_factory=list)

    def add(self, section: Section) -> Report:
        """Append a section and return the report.

        Raises
        ------
        ValueError
            If a picture has the name of one that the report already has.
        """
        names = [p.name for s in (*self.sections, section) for p in s.pictures]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two pictures of the report are named {name!r}")
        self.sections.append(section)
        return self

    def write(self, folder: Path, *, force: bool = False) -> Path:
        """Write ``report.html``, pictures embedded, and each picture as a PNG file.

        A new folder appears complete or not at all. In an existing one, files of
        the same names are replaced one by one, the page last; others are not touched.

        Parameters
        ----------
        folder : Path
            Created if missing, with its parents.
        force : bool, default=False
            Write into an existing folder too, even if it has files in it.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        FileExistsError
            If ``folder`` has files in it and ``force`` is not set.
        NotADirectoryError
            If ``folder`` is a file.
        """
        refuse_to_overwrite(folder, force=force)
        given, folder = folder, folder.resolve()
        images = {p.name: png(p.figure) for s in self.sections for p in s.pictures}
        files = {f"{name}.png": image for name, image in images.items()}
        files[PAGE_NAME] = render(self, images).encode()

        exists = folder.exists()
        # Beside the target or inside it: a rename works within one file system only.
        staging = (folder if exists else folder.parent) / f".{secrets.token_hex(8)}"
        staging.mkdir(parents=True)
        try:
            with naming(given, instead_of=staging):
                for name, content in files.items():
                    (staging / name).write_bytes(content)
                if exists:
                    for name in files:
                        (staging / name).replace(folder / name)
                else:
                    staging.rename(folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return folder / PAGE_NAME


def refuse_to_overwrite(folder: Path, *, force: bool) -> None:
    """Raise unless a report may be written to ``folder``: ask before long work.

    Raises
    ------
    FileExistsError
        If ``folder`` has files in it and ``force`` is not set.
    NotADirectoryError
        If ``folder`` is a file.
    OSError
        If ``folder`` is a symbolic link to nothing.
    """
    check_link(folder)
    if not folder.exists():
        return
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file, not a folder for a report")
    if not force and any(folder.iterdir()):
        raise FileExistsError(
            f"{folder} is not empty: choose another folder, or force to overwrite"
        )
