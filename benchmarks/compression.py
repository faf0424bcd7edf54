"""The compression suite: bytes at the same error, against PNG and JPEG."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia import compress, datasets
from latentia.benchmarks.results import LATENTIA, MethodResult, Quantity, Size
from latentia.benchmarks.runner import Found, Step
from latentia.benchmarks.timing import Timing, timed
from latentia.compression.png_jpeg import as_jpeg, as_png

SMALLER = "× smaller than raw"
JPEG, PNG = "JPEG", "PNG"

_N_IN_STACK = 2000
_PHOTOS = (0.02, 0.05, 0.1)
_STACKS = (0.05, 0.1, 0.2)


class Case(NamedTuple):
    """Images, and the relative errors that are asked for."""

    name: str
    images: Callable[[], NDArray[np.uint8]]
    errors: tuple[float, ...]


def _garments() -> NDArray[np.uint8]:
    return datasets.load_fashion_mnist().images[:_N_IN_STACK]


CASES: dict[Size, tuple[Case, ...]] = {
    "small": (Case("digits", lambda: datasets.load_digits().images[:200], (0.1,)),),
    "full": (
        Case("photo of China", partial(datasets.load_photo, "china"), _PHOTOS),
        Case("photo of a flower", partial(datasets.load_photo, "flower"), _PHOTOS),
        Case(f"first {_N_IN_STACK} of Fashion-MNIST", _garments, _STACKS),
        Case("digits", lambda: datasets.load_digits().images, _STACKS),
    ),
}


def steps(size: Size) -> Iterator[Step]:
    """List each error of each case."""
    for case in CASES[size]:
        for error in case.errors:
            name = f"{case.name} at {100 * error:g} %"
            yield Step(name, partial(_run, name, case, error))


def _run(name: str, case: Case, error: float) -> Found:
    """Compress the same pixels three ways; a stack is one grid to PNG and JPEG."""
    images = case.images()
    ours = timed(partial(compress, images, error, random_state=0))
    grids = images.reshape(ours.result.stack_shape)
    files: dict[str, Timing[Any]] = {
        LATENTIA: ours,
        JPEG: timed(partial(as_jpeg, grids, error)),
        PNG: timed(partial(as_png, grids)),
    }
    found = []
    for method, timing in files.items():
        file = timing.result
        if file is None:
            continue
        measures = {
            "bytes": Quantity(file.nbytes, "bytes"),
            SMALLER: Quantity(images.nbytes / file.nbytes, "×"),
            "relative error": Quantity(file.error),
        }
        if file.error:
            measures["PSNR"] = Quantity(file.psnr, "dB")
        found.append(MethodResult(name, method, timing.times, measures))
    return Found(found)
