"""The demo: what latentia does, on data that are already on the machine."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from latentia.demo.data import load
from latentia.demo.sections import SECTIONS
from latentia.plots import Report, refuse_to_overwrite, require_matplotlib

__all__ = ["run"]

_LEAD = (
    "Every matrix hides a few directions that say most of what it has to say. "
    "This is what they look like in pictures, how fast latentia finds them, and how "
    "sure it is of what it found."
)


def run(
    out: Path,
    *,
    data: Path | None = None,
    force: bool = False,
    console: Console | None = None,
) -> Path:
    """Run every section and write the report.

    Parameters
    ----------
    out : Path
        Folder for ``report.html`` and the PNG files; appears when all is done.
    data : Path, optional
        Folder with the IDX files of Fashion-MNIST. If not given, they are looked for in
        the usual places, and the demo does without if they are not there.
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
        If ``out`` has files in it, or ``data`` has not got the files.
    ValueError
        If the files of Fashion-MNIST are damaged.
    ImportError
        If matplotlib or pillow is not installed.
    """
    require_matplotlib()
    refuse_to_overwrite(out, force=force)
    with _progress(console or Console(stderr=True)) as progress:
        task = progress.add_task("load the data", total=len(SECTIONS) + 2)
        demo_data = load(data)
        report = Report(
            "What lies hidden",
            lead=_LEAD,
            colophon=f"Written by latentia {version('latentia')} on {date.today()}.",
        )
        progress.advance(task)
        for section in SECTIONS:
            name = section.__name__.removeprefix("section_").replace("_", " ")
            progress.update(task, description=name)
            report.add(section(demo_data))
            progress.advance(task)
        progress.update(task, description="write the report")
        page = report.write(out, force=force)
        progress.update(task, advance=1, description="done")
    return page


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
