"""``latentia project``: codes from which a trained model generates given images."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from latentia.cli.console import say, visible, working

if TYPE_CHECKING:
    import numpy as np

    from latentia.generative import Projection

STEPS = 300
N_SHOWN = 50
"""Images in the grid and in the table."""


def project(
    run: Annotated[
        Path,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ],
    data: Annotated[
        list[Path],
        typer.Argument(
            help="Pictures; or a folder of them, or a .npy or .npz file of images."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File (.npz) for codes, which sample and walk can read, classes y and "
            "errors. A grid of the images, each next to its reconstruction, is next to "
            "it, as .png.",
        ),
    ],
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "-y",
            "--class",
            help="Class of the images, or one for each.",
            show_default="of each image the nearest",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="Steps of the search.")] = STEPS,
    seed: Annotated[int, typer.Option(help="Seed of the initial codes.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite both files.")
    ] = False,
) -> None:
    """Find codes from which a trained model generates images like given ones."""
    from latentia._arguments import check_count
    from latentia.cli.output import check_file, check_output, write_npz
    from latentia.datasets.image_grid import write_png
    from latentia.datasets.images import require_pillow

    require_pillow()
    picture = output.with_suffix(".png")
    check_output(output, (".npz",), force=force, inputs=[run, *data])
    check_file(picture, force=force, inputs=[run, *data])
    check_count(steps, "--steps", least=1)
    check_count(seed, "--seed", least=0)
    X = _images(data)

    from latentia.generative import load
    from latentia.generative import project as find_codes

    with working(f"reading {run}"):
        model = load(run)
    if classes and not hasattr(model, "labels_of"):
        raise ValueError(f"-y is for models with classes, {run} has none")
    y: Any = classes[0] if classes and len(classes) == 1 else classes
    bar = int(sys.stderr.isatty())
    found = find_codes(model, X, y, steps=steps, seed=seed, verbose=bar)
    arrays = {
        "codes": found.codes,
        "pixel_errors": found.pixel_errors,
        "feature_errors": found.feature_errors,
    }
    write_npz(output, arrays if found.y is None else {**arrays, "y": found.y})
    write_png(picture, _grid(found))
    names = [str(path) for path in data] if isinstance(X, list) else None
    n = len(found.codes)
    say(
        _table(found, names),
        f"{n} code{'s' if n > 1 else ''} in {output}, each image next to its "
        f"reconstruction in {picture}",
    )


def _images(data: list[Path]) -> Any:
    """Return the images for `latentia.generative.project`."""
    from latentia.cli.image_data import read_images
    from latentia.datasets.images import IMAGE_SUFFIXES

    if len(data) == 1 and (data[0].is_dir() or data[0].suffix in (".npy", ".npz")):
        return read_images(data[0])[0]
    for path in data:
        if path.suffix.lower() not in IMAGE_SUFFIXES or path.is_dir():
            raise ValueError(f"images must be picture files or one folder, got {path}")
        if not path.exists():
            raise FileNotFoundError(f"there is no file {path}")
    return data


def _grid(found: Projection) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Lay out pairs: each image on the left of its reconstruction."""
    import numpy as np

    from latentia.datasets.image_grid import image_grid

    pairs = np.stack([found.images, found.reconstructions], axis=1)[:N_SHOWN]
    columns = 2 * max(1, round((len(pairs) / 2) ** 0.5))
    return image_grid(pairs.reshape(-1, *found.images.shape[1:]), columns)


def _table(found: Projection, names: list[str] | None) -> Table:
    table = Table(box=None)
    table.add_column("image", overflow="fold")
    if found.y is not None:
        table.add_column("class")
    for name in ("error", "features", "nearest random code"):
        table.add_column(name, justify="right")
    rows = [str(i) for i in range(len(found.codes))] if names is None else names
    for i, name in enumerate(rows[:N_SHOWN]):
        label = [] if found.y is None else [Text(visible(str(found.y[i])))]
        numbers = (
            f"{found.pixel_errors[i]:.1f}",
            f"{found.feature_errors[i]:.0%}",
            f"{found.random_pixel_errors[i]:.1f}, {found.random_feature_errors[i]:.0%}",
        )
        table.add_row(Text(visible(name)), *label, *numbers)
    table.caption = "error: root mean square of pixels, in levels of 255"
    table.caption_justify = "left"
    return table
