"""``latentia directions``: directions in which a trained model's images change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentia.cli.console import say, working
from latentia.cli.options import METHOD, N_DIRECTIONS

if TYPE_CHECKING:
    from latentia.generative import LatentDirections


def directions(
    run: Annotated[
        Path,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ],
    method: Annotated[
        str,
        typer.Option(help="sefa (of the first layer) or ganspace (of activations)."),
    ] = METHOD,
    n: Annotated[int, typer.Option("-n", help="Number of directions.")] = N_DIRECTIONS,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Picture (.png): a walk of one image in each row."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the image in the picture.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the picture.")
    ] = False,
) -> None:
    """Find directions in the latent space of a trained model."""
    import numpy as np

    from latentia._arguments import check_count
    from latentia.cli.output import check_output
    from latentia.datasets.image_grid import image_grid, write_png
    from latentia.datasets.images import require_pillow

    if output is not None:
        check_output(output, (".png",), force=force, inputs=[run])
        require_pillow()
    check_count(n, "-n", least=1)
    check_count(seed, "--seed", least=0)

    with working(f"finding directions of {run}"):
        found = directions_of(run, method, n)
        if output is not None:
            walks = [found.walk(seed, i) for i in range(len(found.directions))]
            write_png(output, image_grid(np.concatenate(walks), len(walks[0])))
    say(str(found))
    if output is not None:
        say(f"a walk along each, of the image of seed {seed}, is in {output}")


def directions_of(run: Path, method: str, n: int) -> LatentDirections:
    """Return the directions of a saved model; one has the same number in all commands.

    Which these are, and so their order, depends on how many there are.
    """
    from latentia.generative import latent_directions, load

    return latent_directions(load(run), method, n_directions=n)
