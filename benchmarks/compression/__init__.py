"""The compression suite: bytes at the same error, against PNG and JPEG."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia import compress, datasets
from latentia.benchmarks.results import LATENTIA, MethodResult, Quantity, Results, Size
from latentia.benchmarks.runner import Found, Progress, Step, run_suite
from latentia.compression.png_jpeg import Encoded, as_jpeg, as_png
from latentia.datasets.images import require_pillow

__all__ = ["run_compression"]

BYTES, SMALLER = "bytes", "× smaller than raw"
JPEG, PNG = "JPEG", "PNG"

_N_IN_STACK = 2000


class Case(NamedTuple):
    """Images, and the relative errors that are asked for."""

    name: str
    images: Callable[[], NDArray[np.uint8]]
    errors: tuple[float, ...]


def _garments() -> NDArray[np.uint8]:
    return datasets.load_fashion_mnist().images[:_N_IN_STACK]


_PHOTOS = (0.02, 0.05, 0.1)
_STACKS = (0.05, 0.1, 0.2)

CASES: dict[Size, tuple[Case, ...]] = {
    "small": (Case("digits", lambda: datasets.load_digits().images[:200], (0.1,)),),
    "full": (
        Case("photo of China", partial(datasets.load_photo, "china"), _PHOTOS),
        Case("photo of a flower", partial(datasets.load_photo, "flower"), _PHOTOS),
        Case(f"first {_N_IN_STACK} of Fashion-MNIST", _garments, _STACKS),
        Case("digits", lambda: datasets.load_digits().images, _STACKS),
    ),
}


def run_compression(size: Size, *, progress: Progress) -> Results:
    """Run the suite: seconds at the small size, minutes at the full one.

    Parameters
    ----------
    size : {"small", "full"}
    progress : callable
        Called with a line of text as each step begins.

    Returns
    -------
    Results
        What needs data that are not on this machine is left out, with a note.

    Raises
    ------
    ImportError
        If pillow is not installed.
    ValueError
        If ``size`` is another.
    """
    require_pillow()
    return run_suite(
        "compression",
        _steps,
        size,
        quality=SMALLER,
        baseline=JPEG,
        progress=progress,
    )


def _steps(size: Size) -> Iterator[Step]:
    for case in CASES[size]:
        for error in case.errors:
            name = f"{case.name} at {100 * error:g} %"
            yield Step(name, partial(_run, name, case, error))


def _run(name: str, case: Case, error: float) -> Found:
    """Compress the same pixels three ways; a stack is one sheet to PNG and JPEG."""
    images = case.images()
    begin = time.perf_counter()
    ours = compress(images, error, random_state=0)
    found = [
        _result(
            name, LATENTIA, begin, ours.nbytes, ours.error, ours.psnr, images.nbytes
        )
    ]
    sheets = images.reshape(ours.stack_shape)
    others: dict[str, Callable[[], Encoded | None]] = {
        JPEG: lambda: as_jpeg(sheets, error),
        PNG: lambda: as_png(sheets),
    }
    for method, encode in others.items():
        begin = time.perf_counter()
        file = encode()
        if file is not None:
            facts = file.nbytes, file.error, file.psnr
            found.append(_result(name, method, begin, *facts, images.nbytes))
    return Found(found)


def _result(
    name: str,
    method: str,
    begin: float,
    nbytes: int,
    error: float,
    psnr: float,
    raw: int,
) -> MethodResult:
    measures = {
        BYTES: Quantity(nbytes, "bytes"),
        SMALLER: Quantity(raw / nbytes, "×"),
        "relative error": Quantity(error),
    }
    if error:
        measures["PSNR"] = Quantity(psnr, "dB")
    return MethodResult(name, method, (time.perf_counter() - begin,), measures)
