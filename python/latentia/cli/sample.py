"""``latentia sample``: new images from a trained model, one per file."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from latentia._files import replacing
from latentia.cli.console import say, working
from latentia.cli.options import CODES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Wanted = tuple[int, Iterator[NDArray[np.uint8]], list[str]]
    """Number of images, the images block by block, their classes."""

N_AT_ONCE = 1024
N_IN_GRID = 100
MOST_COLUMNS = 20
MOST_CHARACTERS, MOST_BYTES = 60, 180
"""Of a folder's name: file systems take 255 bytes."""

RESERVED = re.compile("con|prn|aux|nul|(com|lpt)[0-9¹²³]", re.IGNORECASE)


def sample(
    run: Annotated[
        Path,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="Folder for the images: 00000.png and so on, in a sub-folder for each "
            "class if the model has any, and a grid of the first images as .png. "
            "A name that ends in .png: one grid of all images and nothing else.",
        ),
    ],
    n: Annotated[int | None, typer.Option("-n", help="How many images.")] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "-y",
            "--class",
            help="Class of the images; several alternate. By default all alternate.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Image i of a seed is the same for every n.", show_default="0"
        ),
    ] = None,
    truncation: Annotated[
        float | None,
        typer.Option(
            help="Above 0, at most 1: below 1 images are more typical and less varied. "
            "Codes come closer to 0 (gan, cgan) or to the means of the mixture.",
            show_default="1",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="For vae and rae: images with classes, such as those of the training; "
            "samples are then of these classes, each from a mixture of its codes."
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            help=f"Instead of -n: the images of the codes in a file ({CODES})."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the samples of an earlier call.")
    ] = False,
) -> None:
    """Generate images with a trained model."""
    from rich.progress import track

    from latentia._arguments import check_count
    from latentia.cli.output import (
        check_file,
        check_output,
        check_sample_folder,
        new_folder,
    )
    from latentia.datasets.image_grid import write_png
    from latentia.datasets.images import IMAGE_SUFFIXES

    if (n is None) == (codes is None):
        raise ValueError("give either -n, how many images, or --codes")
    if codes is not None and (seed, truncation) != (None, None):
        raise ValueError(
            "--codes are taken as they are: leave out --seed and --truncation"
        )
    if codes is not None and data is not None:
        raise ValueError("--codes are taken as they are: leave out --data")
    if n is not None:
        check_count(n, "-n", least=1)
    inputs = [path for path in (run, codes, data) if path is not None]
    one_image = output.suffix.lower() in IMAGE_SUFFIXES and not output.is_dir()
    # Next to the folder: whatever reads the folder takes every file in it for a sample.
    picture = output
    if one_image:
        check_output(output, (".png",), force=force, inputs=inputs)
    else:
        picture = output.absolute().with_name(f"{output.absolute().name}.png")
        check_sample_folder(output, force=force, inputs=inputs)
        check_file(picture, force=force, inputs=inputs)
    with working(f"reading {run}"):
        if codes is None:
            how = (seed or 0, 1.0 if truncation is None else truncation)
            n, blocks, labels = _drawn(run, n or 1, classes, data, *how)
        else:
            n, blocks, labels = _decoded(run, codes, classes)
    in_turn = list(dict.fromkeys(labels))
    # A column for each class, if they come in turn.
    cycle = labels == [in_turn[i % len(in_turn)] for i in range(len(labels))]
    columns = len(in_turn) if cycle and 1 < len(in_turn) <= MOST_COLUMNS else None
    shown = n if one_image else min(n, N_IN_GRID - N_IN_GRID % (columns or 1))
    in_grid: list[NDArray[np.uint8]] = []

    def one_by_one() -> Iterator[NDArray[np.uint8]]:
        for image in chain.from_iterable(blocks):
            if len(in_grid) < shown:
                in_grid.append(image.copy())
            yield image

    console = Console(stderr=True)
    images = track(one_by_one(), "drawing", total=n, console=console, transient=True)
    if one_image:
        with replacing(picture) as file:
            deque(images, maxlen=0)
            write_png(file, _grid(in_grid, columns, in_turn))
        say(f"a grid of {n} images is in {output}")
        return
    folders = _folder_names(labels)
    with replacing(picture) as file, new_folder(output) as folder:
        for name in folders.values():
            (folder / name).mkdir()
        for i, image in enumerate(images):
            place = folder / folders[labels[i]] if folders else folder
            write_png(place / f"{i:05}.png", image)
        write_png(file, _grid(in_grid, columns, in_turn))
    say(f"{n} images are in {output}, the first {shown} also in {picture.name}")


def _drawn(
    run: Path,
    n: int,
    classes: list[str] | None,
    data: Path | None,
    seed: int,
    truncation: float,
) -> Wanted:
    """Return samples of the model, or of mixtures of the codes of its classes."""
    import numpy as np

    from latentia._arguments import check_count

    check_count(seed, "--seed", least=0)

    from latentia.cli.trained_model import PRIVATE, load_model

    model = load_model(run)
    if data is not None:
        return _of_classes(model, data, n, classes, seed, truncation)
    options = {"truncation": truncation}
    if type(model).__name__ == PRIVATE:
        if truncation != 1.0:
            raise ValueError(f"--truncation is not an option of {PRIVATE}")
        options = {}
    if hasattr(model, "labels_of") and len(model.classes_):
        y = None if classes is None else np.resize(np.array(classes), n)
        labels = [str(label) for label in model.labels_of(n, y)]
        return n, model.sample_blocks(n, y, seed=seed, **options), labels
    if classes:
        raise ValueError(
            f"-y is for models with classes, {run} has none; --data gives them to vae "
            "and rae"
        )
    return n, model.sample_blocks(n, seed=seed, **options), []


def _of_classes(
    model: Any,
    data: Path,
    n: int,
    classes: list[str] | None,
    seed: int,
    truncation: float,
) -> Wanted:
    """Return samples of a mixture for each class of images that an encoder encodes."""
    import numpy as np

    from latentia.cli.image_data import read_images
    from latentia.generative import LatentMixture

    if not getattr(model, "has_encoder", False):
        raise ValueError(
            "--data is for models with an encoder (vae, rae), not for a "
            f"{type(model).__name__}"
        )
    images, y = read_images(data)
    mixture = LatentMixture("samples", temperature=truncation, random_state=0)
    mixture.fit(model, images, y)
    if not len(mixture.classes_):
        raise ValueError(f"--data must have classes, {data} has none")
    wanted = None if classes is None else np.resize(np.array(classes), n)
    labels = mixture.labels_of(n, wanted)
    found = mixture.sample(n, labels, seed=seed)
    return n, iter([found]), [str(label) for label in labels]


def _decoded(run: Path, codes: Path, classes: list[str] | None) -> Wanted:
    """Return the images of the codes in a file."""
    import numpy as np

    from latentia.cli.code_file import read_codes

    given, y = read_codes(codes)

    from latentia.generative import ConditionalGAN, load
    from latentia.generative.latent.given_codes import check_codes

    model = load(run)
    z = check_codes(given, model.latent_dim_, str(codes))
    parts = [slice(begin, begin + N_AT_ONCE) for begin in range(0, len(z), N_AT_ONCE)]
    if isinstance(model, ConditionalGAN):
        y = y if classes is None else np.resize(np.array(classes), len(z))
        own = model.labels_of(len(z), y)
        blocks = (model.decode(z[part], own[part]) for part in parts)
        return len(z), blocks, [str(label) for label in own]
    if classes:
        raise ValueError(f"-y is for models with classes, {run} has none")
    return len(z), (model.decode(z[part]) for part in parts), []


def _grid(
    images: list[NDArray[np.uint8]], columns: int | None, classes: list[str]
) -> NDArray[np.uint8]:
    """Return the grid; the columns of classes have their names."""
    import numpy as np

    from latentia.datasets.headings import with_headings
    from latentia.datasets.image_grid import image_grid

    if columns is None:
        return image_grid(np.stack(images))
    columns = min(columns, len(images))
    return with_headings(image_grid(np.stack(images), columns), classes[:columns])


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
