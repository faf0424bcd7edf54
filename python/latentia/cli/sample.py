"""``latentia sample``: new images from a trained model, each in a file of its own."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from latentia._arguments import check_count
from latentia._files import replacing
from latentia.cli.console import say, working
from latentia.cli.output import (
    check_file,
    check_output,
    check_sample_folder,
    new_folder,
)
from latentia.datasets.headings import with_headings
from latentia.datasets.images import IMAGE_SUFFIXES
from latentia.datasets.sheets import sheet, write_png

N_SHEET = 100
MOST_COLUMNS = 20
MOST_CHARACTERS, MOST_BYTES = 60, 180
"""Of a folder's name: file systems take 255 bytes."""

RESERVED = re.compile("con|prn|aux|nul|(com|lpt)[0-9¹²³]", re.IGNORECASE)


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
            "class if the model has any. A sheet of the first is beside it, as .png. "
            "A name that ends in .png: one sheet of all images and nothing else.",
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
    one_sheet = output.suffix.lower() in IMAGE_SUFFIXES and not output.is_dir()
    # Beside the folder: whatever reads the folder takes every file in it for a sample.
    picture = output
    if one_sheet:
        check_output(output, (".png",), force=force, inputs=[run])
    else:
        picture = output.absolute().with_name(f"{output.absolute().name}.png")
        check_sample_folder(output, force=force, inputs=[run])
        check_file(picture, force=force, inputs=[run])
    check_count(seed, "--seed", least=0)

    from latentia.generative import ConditionalGAN, load

    with working(f"reading {run}"):
        model = load(run)
    labels: list[str] = []
    if isinstance(model, ConditionalGAN):
        y = np.resize(np.array(classes), n) if classes else None
        blocks = model.sample_blocks(n, y, seed=seed)
        labels = [str(label) for label in model.labels_of(n, y)]
    elif classes:
        raise ValueError(f"-y is for models with classes, {run} has none")
    else:
        blocks = model.sample_blocks(n, seed=seed)
    in_turn = list(dict.fromkeys(labels))
    # A column for each class, as they come in turn.
    columns = len(in_turn) if 1 < len(in_turn) <= MOST_COLUMNS else None
    shown = n if one_sheet else min(n, N_SHEET - N_SHEET % (columns or 1))
    on_sheet: list[NDArray[np.uint8]] = []

    def one_by_one() -> Iterator[NDArray[np.uint8]]:
        for image in chain.from_iterable(blocks):
            if len(on_sheet) < shown:
                on_sheet.append(image.copy())
            yield image

    console = Console(stderr=True)
    images = track(one_by_one(), "drawing", total=n, console=console, transient=True)
    if one_sheet:
        with replacing(picture) as file:
            deque(images, maxlen=0)
            write_png(file, _sheet(on_sheet, columns, in_turn))
        say(f"a sheet of {n} images is in {output}")
        return
    folders = _folder_names(labels)
    with replacing(picture) as file, new_folder(output) as folder:
        for name in folders.values():
            (folder / name).mkdir()
        for i, image in enumerate(images):
            place = folder / folders[labels[i]] if folders else folder
            write_png(place / f"{i:05}.png", image)
        write_png(file, _sheet(on_sheet, columns, in_turn))
    say(f"{n} images are in {output}, the first {shown} also in {picture.name}")


def _sheet(
    images: list[NDArray[np.uint8]], columns: int | None, classes: list[str]
) -> NDArray[np.uint8]:
    """Return the sheet; the columns of classes carry their names."""
    if columns is None:
        return sheet(np.stack(images))
    columns = min(columns, len(images))
    return with_headings(sheet(np.stack(images), columns), classes[:columns])


def _folder_names(labels: Sequence[str]) -> dict[str, str]:
    """Return a name for each class that any file system takes, and no path.

    Letters of every script stay, with their marks, composed as most keyboards type
    them. A leading dot would hide a folder; Windows keeps some names for devices.
    """
    classes = sorted(set(labels))
    names = {label: _folder_name(label) for label in classes}
    if len({name.casefold() for name in names.values()}) < len(names):
        names = {label: f"{i:03}-{names[label]}" for i, label in enumerate(classes)}
    return names


def _folder_name(label: str) -> str:
    kept = (
        char if char in " .+()-_" or unicodedata.category(char)[0] in "LMN" else "_"
        for char in unicodedata.normalize("NFC", label)
    )
    name = "".join(kept).strip(" .")[:MOST_CHARACTERS]
    while len(name.encode()) > MOST_BYTES:
        name = name[:-1]
    name = name.strip(" .") or "_"
    return f"{name}_" if RESERVED.fullmatch(name.partition(".")[0].strip()) else name
