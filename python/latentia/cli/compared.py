"""Input of ``evaluate``: real images or their statistics, and generated images."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from latentia.cli.console import warn
from latentia.cli.image_data import (
    Split,
    has_test_images,
    height_and_width,
    read_images,
)

MODES = {"L": "grey", "RGB": "RGB", "RGBA": "RGBA", None: "2 channels"}


class Compared(NamedTuple):
    """Images that are compared.

    Attributes
    ----------
    real : tuple (images, labels), or ImageStatistics
    held_out : tuple (images, labels) or None
    shape : tuple of int
        Shape of a real image.
    model : ImageModel or None
    samples : tuple (images, labels) or None
    """

    real: Any
    held_out: Any
    shape: tuple[int, ...]
    model: Any
    samples: Any

    @property
    def form(self) -> str:
        """Text with the size and the mode of the images."""
        return f"{self.shape[0]}×{self.shape[1]} pixels, {MODES[_form(self.shape)[1]]}"

    def score(self, n: int | None, features: Any, seed: int) -> Any:
        """Return the scores, or None if there are only real images."""
        from latentia.generative.models import judging

        options: dict[str, Any] = {"n": n, "features": features, "seed": seed}
        if self.model is not None:
            return judging.judge_model(self.model, self.real, self.held_out, **options)
        if self.samples is None:
            return None
        return judging.judge_samples(self.samples, self.real, self.held_out, **options)


def is_statistics(data: Path) -> bool:
    """Return whether a file has the ending of statistics."""
    return data.suffix == ".safetensors"


def read_compared(
    data: Path,
    run: Path | None,
    samples: Path | None,
    *,
    size: str | None,
    mode: str | None,
) -> Compared:
    """Read images in the form of the model, and samples in that of real images."""
    from latentia import evaluation
    from latentia.cli.trained_model import load_model
    from latentia.generative.models.real_images import check_shape

    if is_statistics(data) or run is not None:
        decider = "the statistics" if is_statistics(data) else "the model"
        for name, given in (("--size", size), ("--mode", mode)):
            if given is not None:
                raise ValueError(f"{name} is decided by {decider}, got {given}")
    with saying_warnings():
        model = None if run is None else load_model(run)
        real: Any
        held_out = None
        if is_statistics(data):
            real = evaluation.ImageStatistics.load(data)
            shape = real.image_shape
            if model is not None:
                check_shape(model, shape, str(data))
        else:
            wanted = None if size is None else height_and_width(size), mode
            real = _read_real(data, "train", model, wanted)
            shape = real[0].shape[1:]
            if has_test_images(data):
                held_out = _read_real(data, "test", model, _form(shape))
        made = None
        if samples is not None:
            made = _read_plain(samples, "train", _form(shape), least=4)
    return Compared(real, held_out, shape, model, made)


Form = tuple[tuple[int, int] | None, str | None]
"""A size and a mode."""


def _read_real(path: Path, split: Split, model: Any, form: Form) -> Any:
    from latentia.generative.models.real_images import real_images

    if model is None:
        return _read_plain(path, split, form, least=8)
    return real_images(model, *read_images(path, split), name=str(path))


def _read_plain(path: Path, split: Split, form: Form, *, least: int) -> Any:
    from latentia.generative.models.real_images import plain_images

    X, y = read_images(path, split)
    return plain_images(X, y, size=form[0], mode=form[1], least=least, name=str(path))


def _form(shape: tuple[int, ...]) -> Form:
    from latentia.generative.data import mode_of

    return (shape[0], shape[1]), mode_of(shape[2] if len(shape) == 3 else 1)


@contextmanager
def saying_warnings() -> Iterator[None]:
    """Print each warning, such as of images that were left out, as one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for found in caught:
        warn(found.message)
