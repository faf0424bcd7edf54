"""``latentia bench``: measure this machine and this package on it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentia.cli.console import say, warn, working
from latentia.cli.options import SUITE_NAMES

if TYPE_CHECKING:
    from latentia.benchmarks.results import Results, Size


def bench(
    suite: Annotated[
        str, typer.Argument(help=f"One of: {', '.join(SUITE_NAMES)}.")
    ] = "svd",
    size: Annotated[
        str, typer.Option(help="small takes seconds to minutes, full minutes to hours.")
    ] = "small",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Folder for the JSON, Markdown and PNG files."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace earlier results.")
    ] = False,
) -> None:
    """Compare latentia with its peers: time and quality side by side."""
    from latentia._interrupt import ctrl_c_ends_all
    from latentia.benchmarks import SUITES
    from latentia.benchmarks.files import result_files, write, write_unfinished
    from latentia.benchmarks.table import as_rich
    from latentia.cli.output import check_file

    if suite not in SUITES:
        raise ValueError(f"suite must be one of {', '.join(SUITES)}, got {suite!r}")
    checked: Size = "full" if size == "full" else "small"
    if size != checked:
        raise ValueError(f"size must be small or full, got {size!r}")
    folder = output or Path()
    for path in result_files(suite, checked, folder):
        check_file(path, force=force)
    kept: Path | None = None

    def progress(text: str) -> None:
        status.update(text)
        if not sys.stderr.isatty():  # a log has no status
            warn(text)

    def keep(so_far: Results) -> None:
        nonlocal kept
        kept = write_unfinished(so_far, folder)

    try:
        with working(suite) as status, ctrl_c_ends_all():
            results = SUITES[suite](checked, progress=progress, keep=keep)
    except BaseException:
        if kept is not None:
            warn(f"what was measured until then is in {kept}")
        raise
    written = write(results, folder)
    say(as_rich(results), *(f"wrote {path}" for path in written))
