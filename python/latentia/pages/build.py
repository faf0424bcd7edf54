"""Builds a page: makes its sections one after the other, then writes all files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from latentia.pages.document import Document, Section
from latentia.pages.write import refuse_to_overwrite, write_page
from latentia.plots import require_matplotlib

T = TypeVar("T")

USER_ERRORS = (ValueError, ImportError, OSError, MemoryError)
"""Errors of data or environment: the page leaves the section out and says why."""


def build_page(
    title: str,
    *,
    lead: str,
    load: Callable[[], T],
    sections: Sequence[Callable[[T], Section | None]],
    out: Path,
    force: bool = False,
    console: Console | None = None,
) -> Path:
    """Make all sections and write their page, completely or not at all.

    Where a section cannot be made, the page says why.

    Parameters
    ----------
    title, lead : str
        Title of the page, and what it is about in a sentence or two.
    load : callable
        Returns what every section is given; its errors are not caught.
    sections : sequence of callable
        Functions named ``section_...``, called with what ``load`` returned. They return
        None where they do not apply.
    out : Path
        Folder for ``report.html`` and the PNG files; it appears when all is done.
    force : bool, default=False
        Write into ``out`` even if there are files in it.
    console : rich.console.Console, optional
        Where the progress is shown; standard error by default.

    Returns
    -------
    Path
        The page, ``report.html``.

    Raises
    ------
    OSError
        If ``out`` has files in it, or cannot be written.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import io
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from rich.console import Console
    >>> from latentia.datasets import load_digits
    >>> from latentia.pages import Section, build_page
    >>> def section_size(digits):
    ...     return Section("Size", prose=[f"There are {len(digits.images)} images."])
    >>> with TemporaryDirectory() as folder:
    ...     page = build_page(
    ...         "Digits",
    ...         lead="Handwritten digits.",
    ...         load=load_digits,
    ...         sections=[section_size],
    ...         out=Path(folder) / "page",
    ...         console=Console(file=io.StringIO()),
    ...     )
    ...     print("There are 1797 images." in page.read_text(encoding="utf-8"))
    True
    """
    require_matplotlib()
    refuse_to_overwrite(out, force=force)
    with _progress(console or Console(stderr=True)) as progress:
        task = progress.add_task("load the data", total=len(sections) + 2)
        data = load()
        document = Document(
            title,
            lead=lead,
            colophon=f"Written by latentia {version('latentia')} on {date.today()}.",
        )
        progress.advance(task)
        for make in sections:
            name = make.__name__.removeprefix("section_").replace("_", " ")
            progress.update(task, description=name)
            section = make_section(make, data, name.capitalize())
            if section is not None:
                document.add(section)
            progress.advance(task)
        progress.update(task, description="write the page")
        page = write_page(document, out, force=force)
        progress.update(task, advance=1, description="done")
    return page


def make_section(
    make: Callable[[T], Section | None], data: T, title: str
) -> Section | None:
    """Return the section, or one that says why it could not be made."""
    try:
        return make(data)
    except USER_ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return Section(
            title, prose=[f"This section is left out: {reason.rstrip('.')}."]
        )


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
