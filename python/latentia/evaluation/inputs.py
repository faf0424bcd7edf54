"""Images and labels that a caller gives to an evaluation: arrays or folders."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.datasets import load_image_folder
from latentia.datasets.images import Mode
from latentia.evaluation._images import Images, check_images, check_labels

Rows = NDArray[np.intp]
ImagesOrFolder = ArrayLike | str | PathLike[str]

_MODES: dict[int, Mode] = {1: "L", 3: "RGB", 4: "RGBA"}


class ImageInput(NamedTuple):
    """Images and their labels, or features if the images were not stored."""

    images: Images | None
    labels: NDArray[Any] | None
    features: NDArray[Any] | None = None

    @property
    def n(self) -> int:
        """Number of images."""
        found = self.images if self.features is None else self.features
        return 0 if found is None else len(found)

    def take(self, rows: Rows) -> ImageInput:
        """Return some of the rows."""
        return ImageInput(*(None if part is None else part[rows] for part in self))


def read_images(
    images: ImagesOrFolder,
    labels: ArrayLike | None,
    name: str,
    *,
    name_of_labels: str,
    least: int,
    shape: tuple[int, ...] | None = None,
) -> ImageInput:
    """Return checked images and labels, or raise.

    Images of a folder are converted to the size and mode of ``shape``; arrays must have
    this shape. Without labels the names of the sub-folders are the labels.
    """
    if isinstance(images, str | PathLike):
        images, own = _read_folder(fspath(images), shape)
        labels = own if labels is None else labels
    checked = check_images(images, name, least=least, shape=shape)
    if labels is None:
        return ImageInput(checked, None)
    return ImageInput(checked, check_labels(labels, len(checked), name_of_labels))


def same_kind(
    one: NDArray[Any], other: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return labels of two sets; numbers become text if the labels of one are text.

    Labels of folders are names and labels of arrays can be numbers: "3" equals 3.
    """
    if (one.dtype.kind == "U") == (other.dtype.kind == "U"):
        return one, other
    return one.astype(np.str_), other.astype(np.str_)


def _read_folder(
    path: str, shape: tuple[int, ...] | None
) -> tuple[Images, NDArray[Any] | None]:
    size, mode = None, None
    if shape is not None:
        size = shape[0], shape[1]
        mode = _MODES.get(shape[2] if len(shape) == 3 else 1)
    folder = load_image_folder(path, size=size, mode=mode)
    if folder.labels is None:
        return folder.images, None
    return folder.images, np.array(folder.classes)[folder.labels]
