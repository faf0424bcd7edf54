"""``latentia compress``: images in a file that is smaller than their pixels."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from latentia.cli.console import say, working
from latentia.cli.options import COMPRESSED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentia.compression import CompressedImages


def compress(
    images: Annotated[
        Path,
        typer.Argument(
            help="An image, a folder of images of one size, or a .npy file of images."
        ),
    ],
    error: Annotated[
        float,
        typer.Option(
            help="Largest relative error ‖A − Â‖/‖A‖, between 0 and 1. Smaller is "
            "more exact and gives a larger file."
        ),
    ] = 0.02,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="File (.lat); by default the name of the input with .lat.",
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(help="svd, or nmf for non-negative components (larger files)."),
    ] = "svd",
    seed: Annotated[int, typer.Option(help="Seed of random starts.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output file.")
    ] = False,
) -> None:
    """Compress images by factorisation, and compare the file with PNG and JPEG."""
    from latentia._arguments import check_choice, check_seed
    from latentia.cli.output import check_output
    from latentia.compression import compress as compress_images
    from latentia.compression.accept import check_error
    from latentia.compression.compressing import METHODS

    if output is None:
        output = images.absolute().with_suffix(COMPRESSED)
    check_output(output, (COMPRESSED,), force=force, inputs=[images])
    check_error(error, "--error")
    check_choice(method, "--method", METHODS)
    seed = check_seed(seed)
    with working(f"reading {images}"):
        pixels = _read(images)
    with working("compressing"):
        found = compress_images(
            pixels,
            error,
            method=method,  # type: ignore[arg-type]
            random_state=seed,
        )
    found.save(output, overwrite=True)  # check_output has allowed it
    with working("comparing with PNG and JPEG"):
        table = _table(found, pixels, error)
    say(table, f"{found!r}\nis in {output}")


def _read(path: Path) -> Any:
    from latentia.cli.image_data import read_images
    from latentia.datasets import load_image_folder, read_image
    from latentia.datasets.images import IMAGE_SUFFIXES, open_picture, upright_size

    if path.suffix.lower() in IMAGE_SUFFIXES and not path.is_dir():
        return read_image(path)
    images, _ = read_images(path)
    if not isinstance(images, Path):
        return images
    with warnings.catch_warnings():
        # Other sizes and files that are left out are errors of this command.
        warnings.simplefilter("ignore", UserWarning)
        folder = load_image_folder(images)
    if folder.skipped:
        file, reason = folder.skipped[0]
        raise ValueError(
            f"{len(folder.skipped)} file(s) of {images} cannot be compressed, such as "
            f"{file.name}: {reason}"
        )
    for file in folder.paths:
        with open_picture(file) as picture:
            size = upright_size(picture)
        if size != folder.images.shape[1:3]:
            others = "×".join(map(str, folder.images.shape[1:3]))
            raise ValueError(
                f"all images of {images} must have the same size, got {file.name} with "
                f"{size[0]}×{size[1]} and others with {others}: compress them apart"
            )
    return folder.images


def _table(found: CompressedImages, pixels: NDArray[Any], error: float) -> Table:
    """Return size and error of the file, next to those of other formats."""
    import numpy as np

    from latentia.compression.png_jpeg import as_jpeg, as_png

    table = Table(box=None)
    table.add_column("")
    for title in ("bytes", "smaller", "error", "PSNR"):
        table.add_column(title, justify="right")
    table.add_column("")
    raw = found.raw_nbytes

    def add(name: str, nbytes: int, loss: float, psnr: float, remark: str) -> None:
        table.add_row(
            name,
            f"{nbytes:,}",
            f"{raw / nbytes:.1f}×",
            f"{100 * loss:.2f} %" if loss else "none",
            f"{psnr:.1f} dB" if loss else "",
            remark,
        )

    add("raw pixels", raw, 0, 0, "")
    add("latentia", found.nbytes, found.error, found.psnr, f"rank {found.rank}")
    if find_spec("PIL") is None:
        return table
    levels = _as_levels(np.asarray(pixels), found)
    grid = "all in one image" if len(levels) > 1 else ""
    if found.dtype != np.uint8:
        grid = ", ".join(filter(None, [grid, "of 8 bits"]))
    png, jpeg = as_png(levels), as_jpeg(levels, error)
    add("PNG", png.nbytes, png.error, png.psnr, grid)
    if jpeg is None:
        clear = found.stack_shape[3] in (2, 4)
        reason = "has no transparency" if clear else "cannot reach this error"
        table.add_row("JPEG", "–", "", "", "", reason)
    else:
        remark = ", ".join(filter(None, [jpeg.setting, grid]))
        add("JPEG", jpeg.nbytes, jpeg.error, jpeg.psnr, remark)
    return table


def _as_levels(pixels: NDArray[Any], found: CompressedImages) -> NDArray[np.uint8]:
    """Return images as (n, H, W, C) in 8 bits, for PNG and JPEG."""
    import numpy as np

    levels = pixels if pixels.dtype == np.uint8 else np.rint(255 * pixels)
    return levels.astype(np.uint8).reshape(found.stack_shape)
