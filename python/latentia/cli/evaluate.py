"""``latentia evaluate``: how good the images of a model are, in numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from latentia._arguments import check_count, check_seed
from latentia._files import replacing
from latentia.cli.console import say, working
from latentia.cli.image_data import HELP, has_test_images, read_images
from latentia.cli.output import check_output

N = 10_000
SPACES = ("auto", "pixels", "random", "classifier")


def evaluate(
    run: Annotated[
        Path,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ],
    data: Annotated[
        Path, typer.Option(help=f"The images that it was trained on. {HELP}")
    ],
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            help=f"Images to draw; by default {N}, or as many as there are real ones "
            "to compare them with.",
        ),
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            help=f"What to compare: {', '.join(SPACES)}, or a .safetensors file with "
            "the weights of Inception v3."
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of all that is random.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File (.json) for the scores too."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output file.")
    ] = False,
) -> None:
    """Compare images of a model with real ones, and real ones with each other.

    Where IDX files come with a test set, it is what real images are compared with. A
    model with classes is asked for them in the shares that they have in the data.
    """
    seed = check_seed(seed)
    if n is not None:
        check_count(n, "-n", least=4)
    if output is not None:
        check_output(output, (".json",), force=force, inputs=[run, data])

    from latentia.generative import load
    from latentia.generative.judging import judge_model
    from latentia.generative.real_images import real_images

    with working(f"reading {data}"):
        space = _space(features)
        model = load(run)
        name = str(data)
        real, labels = real_images(model, *read_images(data), name=name)
        held_out: Any = None
        if has_test_images(data):
            held_out = real_images(model, *read_images(data, "test"), name=name)
    with working("drawing images and comparing them"):
        found = judge_model(
            model, (real, labels), held_out, n=n, features=space, seed=seed
        )
    if output is not None:
        with replacing(output) as temporary:
            temporary.write_text(f"{json.dumps(found.as_dict(), indent=2)}\n")
    say(str(found))
    if output is not None:
        say(f"\nthe scores are in {output}")


def _space(features: str) -> Any:
    """Return a name that evaluations know, or the space of a file."""
    if features in SPACES:
        return features
    path = Path(features)
    if path.suffix != ".safetensors":
        raise ValueError(
            f"--features must be one of {', '.join(SPACES)} or a .safetensors file, "
            f"got {features!r}"
        )
    from latentia.evaluation.features import InceptionFeatures

    return InceptionFeatures(path)
