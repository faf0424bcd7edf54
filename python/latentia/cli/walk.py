"""``latentia walk``: one image of a trained model, changed step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from latentia._arguments import check_count
from latentia.cli.console import say, working
from latentia.cli.directions import METHOD, N_DIRECTIONS, directions_of
from latentia.cli.output import check_output
from latentia.datasets.images import require_pillow
from latentia.datasets.sheets import sheet, write_png

SPAN = 3.0


def walk(
    run: Annotated[
        Path,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ],
    direction: Annotated[
        int | None,
        typer.Option(
            help="Number of the direction in `latentia directions`.", show_default="0"
        ),
    ] = None,
    to: Annotated[
        int | None,
        typer.Option(help="Instead, walk to the image of this seed.", metavar="SEED"),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Of the image in the middle; with --to of the first.")
    ] = 0,
    steps: Annotated[int, typer.Option(help="How many images.")] = 9,
    span: Annotated[
        float | None,
        typer.Option(
            help="How far to either side, in σ of the prior.",
            show_default=f"{SPAN:g}",
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="Of the directions: sefa or ganspace.", show_default=METHOD),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            help="How many directions it is one of.",
            show_default=f"{N_DIRECTIONS}",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "-y", "--class", help="Class of the images.", show_default="the first"
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Picture (.png): a row of images.")
    ] = Path("walk.png"),
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the picture.")
    ] = False,
) -> None:
    """Walk through the latent space of a trained model, image by image."""
    check_output(output, (".png",), force=force, inputs=[run])
    if to is not None and (direction, span, method, n) != (None,) * 4:
        raise ValueError(
            "--to walks from image to image: leave out --direction, --span, --method "
            "and -n"
        )
    require_pillow()
    check_count(seed, "--seed", least=0)
    check_count(steps, "--steps", least=2)
    if to is not None:
        check_count(to, "--to", least=0)
    n = N_DIRECTIONS if n is None else check_count(n, "-n", least=1)

    with working(f"walking through {run}"):
        if to is not None:
            images = _between(run, seed, to, steps, label)
            way = f"from the image of seed {seed} to that of seed {to}"
        else:
            found = directions_of(run, method or METHOD, n)
            _check_class(run, found.model, label)
            images = found.walk(
                seed,
                direction or 0,
                steps=steps,
                span=SPAN if span is None else span,
                y=label,
            )
            way = f"of the image of seed {seed} along direction {direction or 0}"
        write_png(output, sheet(images, steps))
    say(f"{steps} steps {way} are in {output}")


def _between(
    run: Path, seed: int, to: int, steps: int, label: str | None
) -> NDArray[Any]:
    from latentia.generative import interpolate, load

    model = load(run)
    _check_class(run, model, label)
    return interpolate(model, seed, to, steps, y=label)


def _check_class(run: Path, model: Any, label: str | None) -> None:
    if label is not None and not hasattr(model, "labels_of"):
        raise ValueError(f"-y is for models with classes, {run} has none")
