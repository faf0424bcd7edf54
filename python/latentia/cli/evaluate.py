"""``latentia evaluate``: how good images are, of a model or of a folder, in numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from latentia._arguments import check_count, check_seed
from latentia._files import replacing
from latentia.cli.compared import Compared, is_statistics, read_compared
from latentia.cli.console import say, working
from latentia.cli.image_data import HELP
from latentia.cli.output import check_output

N = 10_000
SPACES = ("auto", "pixels", "random", "classifier")


def evaluate(
    data: Annotated[
        Path,
        typer.Option(
            help=f"The real images, those that a model was trained on. {HELP} Or what "
            "--save-statistics wrote."
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            help="Generated images, in the place of a model: what --data takes."
        ),
    ] = None,
    save_statistics: Annotated[
        Path | None,
        typer.Option(
            help="File (.safetensors) for the features of the real images, which "
            "--data takes in their place. Needs neither model nor samples."
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            help=f"Images to draw, or to take of the samples; by default {N}, or as "
            "many as there are (real ones to compare them with).",
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="HxW",
            help="Height and width to compare at, or one number for both; by default "
            "those of the model, else of the real images.",
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="L (grey), RGB or RGBA, to compare in; by default likewise."),
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
        bool, typer.Option("--force", help="Overwrite the output files.")
    ] = False,
) -> None:
    """Compare images of a model, or of a folder, with real ones, and these likewise.

    Where IDX files come with a test set, it is what real images are compared with. A
    model with classes is asked for them in the shares that they have in the data.
    Samples are brought to the size and mode of the real images.
    """
    seed = check_seed(seed)
    if n is not None:
        check_count(n, "-n", least=4)
    _check_sources(data, run, samples, save_statistics, output)
    inputs = [path for path in (run, samples, data) if path is not None]
    if output is not None:
        check_output(output, (".json",), force=force, inputs=inputs)
    if save_statistics is not None:
        kind = "ImageStatistics"
        check_output(
            save_statistics, (".safetensors",), force=force, inputs=inputs, kind=kind
        )

    with working(f"reading {data}"):
        space = _space(features)
        compared = read_compared(data, run, samples, size=size, mode=mode)
    report = []
    if save_statistics is not None:
        with working("finding the features of the real images"):
            report.append(_keep(compared, save_statistics, space, seed, force=force))
    with working("comparing images"):
        found = compared.score(n, space, seed)
    if found is not None:
        if samples is not None:
            report.append(f"{samples} and {data}, compared at {compared.form}")
        report.append(str(found))
    if output is not None:
        with replacing(output) as temporary:
            temporary.write_text(f"{json.dumps(found.as_dict(), indent=2)}\n")
        report.append(f"\nthe scores are in {output}")
    say(*report)


def _check_sources(
    data: Path,
    run: Path | None,
    samples: Path | None,
    save_statistics: Path | None,
    output: Path | None,
) -> None:
    """Raise unless it is clear what is to be compared."""
    if run is not None and samples is not None:
        raise ValueError(
            f"give either a model or --samples, not both: got {run} and {samples}"
        )
    if save_statistics is not None and is_statistics(data):
        raise ValueError(
            f"--save-statistics needs images, {data} holds statistics already"
        )
    if run is None and samples is None:
        if save_statistics is None:
            raise ValueError(
                "nothing to compare: give a model (the folder that train wrote), or "
                "--samples with images"
            )
        if output is not None:
            raise ValueError("-o is for scores: give a model or --samples")


def _keep(compared: Compared, path: Path, space: Any, seed: int, *, force: bool) -> str:
    """Write the statistics of the real images, and say what they are."""
    from latentia.evaluation import image_statistics

    images, labels = compared.real
    found = image_statistics(
        images,
        features=space,
        labels=labels,
        held_out=compared.held_out,
        random_state=seed,
    )
    found.save(path, overwrite=force)
    return (
        f"{path} holds the features of {len(found.features):,} of "
        f"{found.n_images:,} real images of {compared.form}, in the feature space "
        f"{found.space}"
    )


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
