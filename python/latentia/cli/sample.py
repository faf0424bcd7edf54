"""``latentia sample``: new images from a trained model, each in a file of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from latentia._arguments import check_count
from latentia._files import replacing
from latentia.cli.console import say, working
from latentia.cli.output import check_file, check_sample_folder, new_folder
from latentia.datasets.sheets import sheet, write_png

N_SHEET = 100
MOST_COLUMNS = 20
MOST_CHARACTERS = 60


def sample(
    run: Annotated[
        Path,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ],
    n: Annotated[int, typer.Option("-n", help="How many images.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="Folder for the images: 00000.png and so on, in a sub-folder for each "
            "class if the model has any. A sheet of the first is beside it, as .png.",
        ),
    ],
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "-y",
            "--class",
            help="Of this class; several in turn. By default of all in turn.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Image i of a seed is the same for every n.")
    ] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the samples of an earlier call.")
    ] = False,
) -> None:
    """Draw new images from a trained model."""
    check_count(n, "-n", least=1)
    # Beside the folder: whatever reads the folder takes every file in it for a sample.
    picture = output.absolute().with_name(f"{output.absolute().name}.png")
    check_sample_folder(output, force=force, inputs=[run])
    check_file(picture, force=force)
    check_count(seed, "--seed", least=0)

    from latentia.generative import ConditionalGAN, load

    progress = Console(stderr=True)
    with working(f"drawing {n} images from {run}"):
        model = load(run)
        labels: list[str] = []
        if isinstance(model, ConditionalGAN):
            y = np.resize(np.array(classes), n) if classes else None
            images = model.sample(n, y, seed=seed)
            labels = [str(label) for label in model.labels_of(n, y)]
        elif classes:
            raise ValueError(f"-y is for models with classes, {run} has none")
        else:
            images = model.sample(n, seed=seed)
    folders = _folder_names(labels)
    # A column for each class, as they come in turn.
    columns = len(folders) if 1 < len(folders) <= MOST_COLUMNS else None
    shown = min(n, N_SHEET - N_SHEET % (columns or 1))
    with replacing(picture) as file, new_folder(output) as folder:
        for name in folders.values():
            (folder / name).mkdir()
        for i in track(range(n), "writing", console=progress, transient=True):
            place = folder / folders[labels[i]] if folders else folder
            write_png(place / f"{i:05}.png", images[i])
        write_png(file, sheet(images[:shown], columns))
    say(f"{n} images are in {output}, the first {shown} also in {picture.name}")


def _folder_names(labels: Sequence[str]) -> dict[str, str]:
    """Return a name for each class that any file system takes, and no path.

    A leading dot would hide a folder.
    """
    classes = sorted(set(labels))
    names = {
        label: re.sub(r"[^\w .+()-]", "_", label).strip(" .")[:MOST_CHARACTERS] or "_"
        for label in classes
    }
    if len({name.casefold() for name in names.values()}) < len(names):
        names = {label: f"{i:03}-{names[label]}" for i, label in enumerate(classes)}
    return names
