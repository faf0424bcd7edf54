"""``latentia demo``: a page of examples with figures and run times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from latentia.cli.console import say, warn


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for report.html and PNGs.")
    ] = Path("latentia-demo"),
    data: Annotated[
        Path | None, typer.Option(help="Folder with Fashion-MNIST's IDX files.")
    ] = None,
    movielens: Annotated[
        Path | None,
        typer.Option(
            help="Ratings of MovieLens that you have downloaded (u.data, ratings.dat, "
            "ratings.csv), or their folder: recommends films instead of made items."
        ),
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Use all images and train networks for longer: minutes. By default as "
            "much as a minute and a half allows.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write over an earlier report.")
    ] = False,
) -> None:
    """Factorise images, text and ratings; write a page with figures and run times."""
    from latentia._interrupt import ctrl_c_ends_all
    from latentia.cli.output import check_outside
    from latentia.demo import run

    given = [path for path in (data, movielens) if path is not None]
    check_outside(output, given)
    try:
        with ctrl_c_ends_all():
            page = run(output, data=data, movielens=movielens, full=full, force=force)
    except KeyboardInterrupt as stop:
        warn(stop)  # says where the page is
        raise typer.Exit(130) from None
    say(f"open {page}")
