"""``latentia walk``: images of a trained model, changed step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from latentia.cli.console import say, working
from latentia.cli.directions import directions_of
from latentia.cli.options import ANIMATIONS, CODES, FPS, METHOD, N_DIRECTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPAN = 3.0
STEPS, FRAMES = 9, 24
"""Images in a grid, and in an animation: two seconds from one to the next."""


class Walk(NamedTuple):
    """Images, the number of columns of their grid, and a description of the walk."""

    images: NDArray[Any]
    columns: int
    way: str


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
        list[int] | None,
        typer.Option(
            help="Instead, walk to the image of this seed; can be repeated.",
            metavar="SEED",
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            help=f"Instead, walk over the images of the codes in a file ({CODES})."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of the image in the middle; with --to of the first.",
            show_default="0",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            help="How many images; with --to and --codes from each to the next, with "
            "both.",
            show_default=f"{STEPS}, {FRAMES} of an animation",
        ),
    ] = None,
    loop: Annotated[
        bool,
        typer.Option(
            "--loop",
            help="End where it begins: back the same way, with --to and --codes from "
            "the last to the first.",
        ),
    ] = False,
    span: Annotated[
        float | None,
        typer.Option(
            help="How far to either side, in σ of the prior.",
            show_default=f"{SPAN:g}",
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="Method that finds directions: sefa or ganspace.", show_default=METHOD
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            help="Number of directions that are found.",
            show_default=f"{N_DIRECTIONS}",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "-y", "--class", help="Class of the images.", show_default="the first"
        ),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(help="Images a second of an animation.", show_default=f"{FPS:g}"),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="Picture (.png): images side by side. Or an animation: "
            f"{', '.join(ANIMATIONS)}.",
        ),
    ] = Path("walk.png"),
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the picture.")
    ] = False,
) -> None:
    """Walk through the latent space of a trained model, image by image."""
    import numpy as np

    from latentia._arguments import check_count
    from latentia.cli.output import check_output
    from latentia.datasets.animations import check_animation, save_animation
    from latentia.datasets.image_grid import image_grid, write_png
    from latentia.datasets.images import require_pillow

    inputs = [run] if codes is None else [run, codes]
    check_output(output, (".png", *ANIMATIONS), force=force, inputs=inputs)
    moves = output.suffix in ANIMATIONS
    if moves:
        check_animation(output, FPS if fps is None else fps)
    elif fps is not None:
        raise ValueError(f"--fps is of animations, got -o {output}")
    _check_options(to, codes, seed, (direction, span, method, n))
    require_pillow()
    steps = (FRAMES if moves else STEPS) if steps is None else steps
    check_count(steps, "--steps", least=2)
    n = N_DIRECTIONS if n is None else check_count(n, "-n", least=1)

    with working(f"walking through {run}"):
        if to or codes is not None:
            stops = codes or [seed or 0, *(to or [])]
            found = _over_stops(run, stops, steps, loop, label)
        else:
            directions = directions_of(run, method or METHOD, n)
            _check_class(run, directions.model, label)
            images = directions.walk(
                seed or 0,
                direction or 0,
                steps=steps,
                span=SPAN if span is None else span,
                y=label,
            )
            way = f"of the image of seed {seed or 0} along direction {direction or 0}"
            if loop:
                images, way = (
                    np.concatenate([images, images[-2:0:-1]]),
                    f"{way} and back",
                )
            found = Walk(images, steps, way)
        if moves:
            rate = FPS if fps is None else fps
            save_animation(found.images, output, fps=rate, overwrite=force)
        else:
            write_png(output, image_grid(found.images, found.columns))
    say(f"{len(found.images)} steps {found.way} are in {output}")


def _check_options(
    to: list[int] | None, codes: Path | None, seed: int | None, along: tuple[Any, ...]
) -> None:
    """Raise if options contradict each other, or a seed is none."""
    from latentia._arguments import check_count

    if codes is not None and (to or seed is not None):
        raise ValueError("--codes are the images to walk over: leave out --to, --seed")
    if (to or codes) and any(option is not None for option in along):
        name = "--to" if codes is None else "--codes"
        raise ValueError(
            f"{name} walks from image to image: leave out --direction, --span, "
            "--method and -n"
        )
    check_count(seed or 0, "--seed", least=0)
    for number in to or []:
        check_count(number, "--to", least=0)


def _over_stops(
    run: Path, stops: Path | list[int], steps: int, loop: bool, label: Any
) -> Walk:
    """Walk over the images of seeds, or of the codes in a file."""
    from latentia.cli.code_file import read_codes

    of_file = read_codes(stops) if isinstance(stops, Path) else None

    from latentia.generative import latent_walk, load
    from latentia.generative.latent.given_codes import check_codes

    model = load(run)
    _check_class(run, model, label)
    given: Any = stops
    if of_file is not None:
        codes, y = of_file
        given = check_codes(codes, model.latent_dim_, str(stops))
        label = y if label is None and hasattr(model, "labels_of") else label
        way = f"over the {len(given)} images of {stops}"
    elif len(given) == 2:
        way = f"from the image of seed {given[0]} to that of seed {given[1]}"
    else:
        way = f"over the images of seeds {', '.join(map(str, given))}"
    images = latent_walk(model, given, steps, closed=loop, y=label)
    columns = steps if len(images) == steps else steps - 1
    return Walk(images, columns, f"{way} and back" if loop else way)


def _check_class(run: Path, model: Any, label: str | None) -> None:
    if label is not None and not hasattr(model, "labels_of"):
        raise ValueError(f"-y is for models with classes, {run} has none")
