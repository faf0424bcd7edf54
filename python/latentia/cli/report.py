"""``latentia report``: a report about a trained model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentia.cli.console import say
from latentia.cli.options import IMAGES

if TYPE_CHECKING:
    from latentia.privacy import MembershipAudit


def report(
    run: Annotated[
        Path,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ],
    data: Annotated[Path, typer.Option(help=f"The training images. {IMAGES}")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for report.html and PNGs.")
    ] = Path("latentia-report"),
    audit: Annotated[
        Path | None,
        typer.Option(help="The .json file of latentia audit, for the page."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over an earlier report.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
) -> None:
    """Write a page about a trained model: training, samples, quality, latent space.

    The training need not have ended.
    """
    from latentia._arguments import check_seed
    from latentia._interrupt import ctrl_c_ends_all
    from latentia.cli.image_data import has_test_images, read_images
    from latentia.cli.output import check_outside
    from latentia.pages import refuse_to_overwrite
    from latentia.plots import require_matplotlib

    seed = check_seed(seed)
    require_matplotlib()
    check_outside(output, [data])
    refuse_to_overwrite(output, force=force)

    import latentia.generative  # noqa: F401  # tells that PyTorch is missing
    from latentia.report import write_report

    attacked = None if audit is None else _read_audit(audit)
    X, y = read_images(data)
    unseen = read_images(data, "test") if has_test_images(data) else None
    with ctrl_c_ends_all():
        page = write_report(
            run,
            X,
            y,
            out=output,
            unseen=unseen,
            audit=attacked,
            seed=seed,
            force=force,
        )
    say(f"open {page}")


def _read_audit(path: Path) -> MembershipAudit:
    from latentia._files import check_input
    from latentia.privacy import MembershipAudit

    check_input(path)
    try:
        return MembershipAudit.from_dict(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is no result of latentia audit: {error}") from error
