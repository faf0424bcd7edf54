"""``latentia train private``: a private generator of the images of a folder."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._model_file import kind_of
from latentia._run_manifest import BEST, LAST, SAMPLES, add, set_aside
from latentia.cli.console import facts, say, warn, working
from latentia.cli.trained_model import PRIVATE, load_model, private_file

DELTA = 1e-6
_OPTIONS = ("size", "mode", "seed")
_GRID = 100


def train_private(
    data: Path,
    output: Path,
    epsilon: float | None,
    delta: float | None,
    given: Mapping[str, Any],
    *,
    force: bool,
) -> None:
    """Fit a PrivateImages, write it to the folder of a run, and say what was spent.

    ``given`` has the options of the command line that are not None.
    """
    from latentia._arguments import check_seed
    from latentia.cli.run_output import check_run_path, run_folder
    from latentia.datasets.image_grid import write_png
    from latentia.privacy import PrivateImages

    for name in given:
        if name not in _OPTIONS:
            option = "--" + name.replace("_", "-")
            raise ValueError(f"{option} is not an option of {PRIVATE}")
    if epsilon is None:
        raise ValueError("--epsilon must be given: the privacy budget, such as 1")
    check_run_path(output, [data], resume=False, force=force)
    with run_folder(output, PRIVATE, [data], resume=False, force=force):
        with working(f"reading {data}"):
            X, y, classes = _images(data, given)
        begin = time.perf_counter()
        model = PrivateImages(
            epsilon=epsilon,
            delta=DELTA if delta is None else delta,
            classes=classes,
            random_state=None if "seed" not in given else check_seed(given["seed"]),
        )
        with working("fitting"), _saying_warnings():
            model.fit(X, y)
        seconds = time.perf_counter() - begin
        earlier = _earlier(output)
        with set_aside(output):
            grid = f"{SAMPLES}/{0:07}.png"
            add(output, [BEST, LAST, grid])
            (output / SAMPLES).mkdir(exist_ok=True)
            write_png(output / grid, _grid(model))
            model.save(output / BEST)
            model.save(output / LAST)
    spent = model.privacy_
    say(
        facts(
            {
                "images": f"about {model.n_images_.sum():,.0f} (with noise)",
                "classes": str(len(model.classes_) or "none"),
                "size": " × ".join(map(str, model.image_shape_)),
                "components": f"{model.axes_.shape[1]} stand out from noise",
                "time": f"{seconds:.3g} s",
            }
        ),
        str(spent),
        f"the model is in {output}; latentia sample {output} -n 100 -o images",
    )
    if earlier is not None:
        both = earlier + spent
        say(
            f"the model that it replaces had spent epsilon = {earlier.epsilon:.3g}: if "
            "it saw the same images and anybody has it, both together cost epsilon = "
            f"{both.epsilon:.3g}"
        )


def _images(
    data: Path, given: Mapping[str, Any]
) -> tuple[NDArray[Any], NDArray[Any] | None, list[Any] | None]:
    """Return images, labels, and the labels that there can be.

    Those are the names of the sub-folders, which are public; of a file None.
    """
    from latentia.cli.image_data import height_and_width, read_images
    from latentia.datasets import load_image_folder

    size = None if "size" not in given else height_and_width(given["size"])
    X, y = read_images(data)
    if isinstance(X, Path):
        if size is None:
            warn(
                "--size was not given: the size of the images in the folder is then "
                "public"
            )
        if "mode" not in given:
            warn(
                "--mode was not given: whether all images in the folder are grey is "
                "then public"
            )
        folder = load_image_folder(X, size=size, mode=given.get("mode"))
        X = folder.images
        y = folder.labels if len(folder.classes) else None
        if y is not None:
            return X, np.array(folder.classes)[y], list(folder.classes)
    elif size is not None or "mode" in given:
        raise ValueError("--size and --mode are for folders of images")
    return X, y, None  # labels of a file are not public: the fit warns


def _earlier(output: Path) -> Any:
    """Return what the private model that is replaced has spent, or None."""
    if kind_of(private_file(output)) != PRIVATE:
        return None
    return load_model(output).privacy_


def _grid(model: Any) -> NDArray[np.uint8]:
    """Return a grid of generated images, a column for each class if there are few."""
    from latentia.datasets.image_grid import image_grid

    n_classes = len(model.classes_)
    columns = n_classes if 1 < n_classes <= 20 else 10
    images = model.sample(_GRID - _GRID % columns, seed=0)
    return image_grid(images, columns)


@contextmanager
def _saying_warnings() -> Iterator[None]:
    """Print warnings as lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for found in caught:
        warn(found.message)
