"""``latentia decompress``: images from a file of ``latentia compress``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latentia._files import replacing
from latentia.cli.console import say, working

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def decompress(
    file: Annotated[Path, typer.Argument(help="A .lat file of latentia compress.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File (.png with 8 bits, or .npy); for several images a folder for "
            "PNG "
            "files, or a .npy file.",
        ),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite existing output.")
    ] = False,
) -> None:
    """Decompress a .lat file to images."""
    from latentia.cli.output import (
        check_output,
        check_sample_folder,
        new_folder,
        write_npy,
    )
    from latentia.compression import load
    from latentia.datasets.image_grid import write_png
    from latentia.datasets.images import require_pillow

    _check_not_the_original(file, output)
    if output.suffix:
        check_output(output, (".png", ".npy"), force=force, inputs=[file])
    else:
        check_sample_folder(output, force=force, inputs=[file])
    if output.suffix != ".npy":
        require_pillow()
    found = load(file)
    if output.suffix == ".png" and found.is_stack:
        raise ValueError(
            f"the output must be a folder or a .npy file for the {found.shape[0]} "
            "images "
            f"of {file}, got {output}"
        )
    with working(f"unpacking {file}"):
        images = found.to_images()
        if output.suffix == ".npy":
            with replacing(output) as temporary, temporary.open("wb") as stream:
                write_npy(stream, images)
        elif output.suffix == ".png":
            write_png(output, _as_levels(images))
        else:
            with new_folder(output) as folder:
                for i, image in enumerate(images.reshape(found.stack_shape)):
                    write_png(folder / f"{i:05}.png", _as_levels(image))
    say(f"{found!r}\nis in {output}")


def _check_not_the_original(file: Path, output: Path) -> None:
    """Raise if the output may be the original images, which have no loss.

    ``compress`` names its file like the images.
    """
    from latentia.cli.output import real

    same = real(output).with_suffix("") == real(file).with_suffix("")
    if same and output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise ValueError(
            f"{output} may be the original of {file} and is not overwritten: choose "
            "another name, or remove it first"
        )


def _as_levels(image: NDArray[Any]) -> NDArray[np.uint8]:
    import numpy as np

    if image.dtype == np.uint8:
        return image
    levels: NDArray[np.uint8] = np.rint(255 * image).astype(np.uint8)
    return levels
