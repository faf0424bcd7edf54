"""The demo: what latentia does, on data that are already on the machine."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from latentia.demo.data import load
from latentia.demo.sections import SECTIONS
from latentia.report import build

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

    A section that cannot be made, as those about networks without PyTorch, says so.

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
    return build(
        "What lies hidden",
        lead=_LEAD,
        load=lambda: load(data),
        sections=SECTIONS,
        out=out,
        force=force,
        console=console,
    )
