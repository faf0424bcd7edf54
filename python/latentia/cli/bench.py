"""``latentia bench``: measure this machine and this package on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from latentia._interrupt import ctrl_c_ends_all
from latentia.benchmarks import SUITES
from latentia.benchmarks.files import result_files, write
from latentia.benchmarks.results import Size
from latentia.benchmarks.table import as_rich


def bench(
    suite: Annotated[str, typer.Argument(help=f"One of: {', '.join(SUITES)}.")] = "svd",
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
    if suite not in SUITES:
        raise ValueError(f"suite must be one of {', '.join(SUITES)}, got {suite!r}")
    checked: Size = "full" if size == "full" else "small"
    if size != checked:
        raise ValueError(f"size must be small or full, got {size!r}")
    folder = output or Path()
    earlier = [path for path in result_files(suite, checked, folder) if path.exists()]
    if earlier and not force:
        raise FileExistsError(f"{earlier[0]} exists; --force replaces it")
    progress = Console(stderr=True)
    with progress.status(suite) as status, ctrl_c_ends_all():
        results = SUITES[suite](checked, progress=status.update)
    Console().print(as_rich(results))
    for path in write(results, folder):
        progress.print(f"wrote {path}", soft_wrap=True)
