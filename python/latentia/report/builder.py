"""How every page comes about: sections one after the other, and then all at once."""

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

from latentia.plots import Report, Section, refuse_to_overwrite, require_matplotlib

T = TypeVar("T")

USER_ERRORS = (ValueError, ImportError, OSError, MemoryError)
"""What keeps a section from being made, and the others not."""


def build(
    title: str,
    *,
    lead: str,
    load: Callable[[], T],
    sections: Sequence[Callable[[T], Section | None]],
    out: Path,
    force: bool = False,
    console: Console | None = None,
) -> Path:
    """Make all sections and write their page, whole or not at all.

    A section that cannot be made says so on the page.

    Parameters
    ----------
    title, lead : str
        Head of the page.
    load : callable
        Gives what sections are about; nothing is caught that it raises.
    sections : sequence of callable
        Functions named ``section_...`` of what was loaded. They give None where they do
        not apply.
    out : Path
        Folder for ``report.html`` and the PNG files; appears when all is done.
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
    """
    require_matplotlib()
    refuse_to_overwrite(out, force=force)
    with _progress(console or Console(stderr=True)) as progress:
        task = progress.add_task("load the data", total=len(sections) + 2)
        subject = load()
        report = Report(
            title,
            lead=lead,
            colophon=f"Written by latentia {version('latentia')} on {date.today()}.",
        )
        progress.advance(task)
        for section in sections:
            name = section.__name__.removeprefix("section_").replace("_", " ")
            progress.update(task, description=name)
            made = _made(section, subject, name.capitalize())
            if made is not None:
                report.add(made)
            progress.advance(task)
        progress.update(task, description="write the report")
        page = report.write(out, force=force)
        progress.update(task, advance=1, description="done")
    return page


def _made(
    section: Callable[[T], Section | None], subject: T, title: str
) -> Section | None:
    try:
        return section(subject)
    except USER_ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return Section(title, prose=[f"This part is left out: {reason.rstrip('.')}."])


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
