"""The demo: a page of factorisations and generative models of available data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from latentia.demo.data import load
from latentia.demo.films import Films
from latentia.demo.making import make_page
from latentia.demo.plan import Plan, Slowness
from latentia.demo.sections import SECTIONS
from latentia.pages import refuse_to_overwrite
from latentia.plots import require_matplotlib

__all__ = ["run"]

_LEAD = (
    "Singular value decomposition, principal component analysis, non-negative matrix "
    "factorisation, Gaussian mixtures and neural networks, applied to images, text and "
    "ratings: results, run times and errors."
)


def run(
    out: Path,
    *,
    data: Path | None = None,
    movielens: Path | None = None,
    full: bool = False,
    force: bool = False,
    console: Console | None = None,
) -> Path:
    """Make every section, and write the page after each.

    Where a section cannot be made, such as neural networks without PyTorch, the page
    says why.

    Parameters
    ----------
    out : Path
        Folder for ``report.html`` and the PNG files; it appears when the first section
        is done.
    data : Path, optional
        Folder with the IDX files of Fashion-MNIST. By default the usual
        places are searched; without the files, the demo uses other data.
    movielens : Path, optional
        A file of ratings of MovieLens that ``load_movielens`` reads, or its folder: the
        section about lists from events has its films instead of made items.
    full : bool, default=False
        Use all images, and train networks for longer: minutes. By default as many as a
        minute and a half allows on this machine.
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
        If ``out`` has files in it, or ``data`` or ``movielens`` lacks the files.
    ValueError
        If the files are damaged.
    ImportError
        If matplotlib or pillow is not installed.
    KeyboardInterrupt
        On Ctrl-C; the page has the sections that were done.
    """
    require_matplotlib()
    refuse_to_overwrite(out, force=force)
    films = None if movielens is None else Films.load(movielens)
    slowness = Slowness.measure()
    return make_page(
        "latentia demo",
        _LEAD,
        Plan.full(slowness) if full else Plan.quick(slowness),
        load=lambda plan: replace(load(data, plan), films=films),
        sections=SECTIONS,
        out=out,
        force=force,
        console=console,
    )
