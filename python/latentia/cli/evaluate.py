"""``latentia evaluate``: scores of the images of a model or of a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latentia._files import replacing
from latentia.cli.console import say, working
from latentia.cli.options import IMAGES

if TYPE_CHECKING:
    from latentia.cli.compared import Compared

N = 10_000
SPACES = ("auto", "pixels", "random", "classifier")


def evaluate(
    data: Annotated[
        Path,
        typer.Option(
            help=f"The real images that the model was trained on. {IMAGES} Or a file "
            "of --save-statistics."
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Argument(help="The folder of latentia train, or a .safetensors file."),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            help="Generated images instead of a model, in any form of --data."
        ),
    ] = None,
    save_statistics: Annotated[
        Path | None,
        typer.Option(
            help="File (.safetensors) for features of the real images. --data can read "
            "it instead of the images. Needs neither a model nor --samples."
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            help=f"Number of generated images to compare; by default {N}, or fewer if "
            "there are fewer real images.",
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="HxW",
            help="Height and width of the compared images, or one number for both; by "
            "default those of the model, else of the real images.",
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            help="L (grey), RGB or RGBA; by default that of the model, else of the "
            "real "
            "images."
        ),
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            help=f"Feature space: {', '.join(SPACES)}, or a .safetensors file with the "
            "weights of Inception v3."
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File (.json) for the scores."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output files.")
    ] = False,
) -> None:
    """Score generated images of a model or folder, and real images for comparison.

    With a test set next to IDX files, its images are the real ones for comparison. A
    model with classes generates them in the shares of the data. Samples are converted
    to the size and mode of the real images.
    """
    from latentia._arguments import check_count, check_seed
    from latentia.cli.compared import read_compared
    from latentia.cli.output import check_output

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
            report.append(f"{samples}, compared with {data} at {compared.form}")
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
    """Raise unless the options say which images are compared."""
    from latentia.cli.compared import is_statistics

    if run is not None and samples is not None:
        raise ValueError(
            f"one of a model and --samples must be given, got {run} and {samples}"
        )
    if save_statistics is not None and is_statistics(data):
        raise ValueError(
            f"--data must be images with --save-statistics, got the statistics {data}"
        )
    if run is None and samples is None:
        if save_statistics is None:
            raise ValueError(
                "a model (the folder of latentia train) or --samples must be given, "
                "got "
                "neither"
            )
        if output is not None:
            raise ValueError("-o must only be given with a model or --samples")


def _keep(compared: Compared, path: Path, space: Any, seed: int, *, force: bool) -> str:
    """Write the statistics of the real images, and return a text about them."""
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
    """Return the name of a feature space, or the space of a file."""
    from latentia._arguments import check_choice

    path = Path(features)
    if path.suffix != ".safetensors":
        return check_choice(
            features, "--features", SPACES, alternative="a .safetensors file"
        )
    from latentia.evaluation.features import InceptionFeatures

    return InceptionFeatures(path)
