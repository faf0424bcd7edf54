"""``latentia demo``: a page of examples with figures and run times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from latentia.cli.console import say


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for report.html and PNGs.")
    ] = Path("latentia-demo"),
    data: Annotated[
        Path | None, typer.Option(help="Folder with Fashion-MNIST's IDX files.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over an earlier report.")
    ] = False,
) -> None:
    """Factorise images, text and ratings; write a page with figures and run times."""
    from latentia._interrupt import ctrl_c_ends_all
    from latentia.cli.output import check_outside
    from latentia.demo import run

    check_outside(output, [] if data is None else [data])
    with ctrl_c_ends_all():
        page = run(output, data=data, force=force)
    say(f"open {page}")
