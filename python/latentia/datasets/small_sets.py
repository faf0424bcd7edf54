"""Small sets of real images that need no download."""

from __future__ import annotations

import os
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets as sklearn_datasets

from latentia._arguments import check_choice
from latentia.datasets.idx import read_idx
from latentia.datasets.images import require_pillow

Photo = Literal["china", "flower"]
Split = Literal["train", "test"]

_FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
# Where the Debian package dataset-fashion-mnist puts them.
_SYSTEM_FOLDER = Path("/usr/share/datasets/fashion-mnist")
_FASHION_PREFIX: dict[Split, str] = {"train": "train", "test": "t10k"}


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images of one size, with one class each.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        Of the digits and of Fashion-MNIST 0 is the background, 255 the darkest ink.
    labels : ndarray of int64, shape (n,)
        Index into ``classes``.
    classes : tuple of str
        Names.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> digits = load_digits()
    >>> digits.images.shape, digits.labels[:5].tolist()
    ((1797, 8, 8), [0, 1, 2, 3, 4])
    >>> digits.classes[:3]
    ('0', '1', '2')
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]


def load_digits() -> LabelledImages:
    """Load the handwritten digits that come with scikit-learn.

    Returns
    -------
    digits : LabelledImages
        1797 images of 8×8 pixels; their 17 grey levels are scaled to 0..255.

    References
    ----------
    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> digits = load_digits()
    >>> digits.images.shape, digits.images.dtype
    ((1797, 8, 8), dtype('uint8'))
    """
    digits = sklearn_datasets.load_digits()
    return LabelledImages(
        images=np.rint(digits.images * (255 / 16)).astype(np.uint8),
        labels=digits.target.astype(np.int64),
        classes=tuple(str(name) for name in digits.target_names),
    )


def load_photo(name: Photo) -> NDArray[np.uint8]:
    """Load one of the two photos that come with scikit-learn.

    Parameters
    ----------
    name : {"china", "flower"}
        A temple in China, or a dahlia.

    Returns
    -------
    photo : ndarray of uint8, shape (427, 640, 3)
        RGB.

    Raises
    ------
    ValueError
        There is no photo of this name.
    ImportError
        Pillow is missing.

    Examples
    --------
    >>> from latentia.datasets import load_photo
    >>> load_photo("china").shape
    (427, 640, 3)
    """
    check_choice(name, "name", get_args(Photo))
    require_pillow()
    return np.array(sklearn_datasets.load_sample_image(f"{name}.jpg"), dtype=np.uint8)


def load_fashion_mnist(
    folder: str | PathLike[str] | None = None, split: Split = "train"
) -> LabelledImages:
    """Load Fashion-MNIST from its IDX files, raw or gzip-compressed.

    Parameters
    ----------
    folder : path-like or None
        Where the files are. None looks in the folder that the environment variable
        LATENTIA_DATA names and its sub-folder ``fashion-mnist``, then in
        ``/usr/share/datasets/fashion-mnist``, then in
        ``~/.cache/latentia/fashion-mnist``.
    split : {"train", "test"}
        60000 or 10000 pictures.

    Returns
    -------
    fashion : LabelledImages
        Pictures of 28×28, ten kinds of clothing.

    Raises
    ------
    FileNotFoundError
        The files are in none of these places.
    ValueError
        ``split`` is not one of these, or the files are damaged or do not match.

    References
    ----------
    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for
    Benchmarking Machine Learning Algorithms", arXiv:1708.07747, 2017.

    Examples
    --------
    >>> from latentia.datasets import load_fashion_mnist
    >>> fashion = load_fashion_mnist()  # doctest: +SKIP
    >>> fashion.images.shape  # doctest: +SKIP
    (60000, 28, 28)
    """
    check_choice(split, "split", get_args(Split))
    images_file, labels_file = _find_fashion_mnist(folder, _FASHION_PREFIX[split])
    images, labels = read_idx(images_file), read_idx(labels_file)
    if (
        images.shape != (len(labels), 28, 28)
        or images.dtype != np.uint8
        or labels.ndim != 1
        or not np.isin(labels, np.arange(len(_FASHION_CLASSES))).all()
    ):
        raise ValueError(
            f"{images_file} and {labels_file} must hold uint8 images of shape "
            "(n, 28, 28) and n labels from 0 to 9, got "
            f"{images.dtype.name} {images.shape} and {labels.dtype.name} {labels.shape}"
        )
    return LabelledImages(images, labels.astype(np.int64), _FASHION_CLASSES)


def _find_fashion_mnist(
    folder: str | PathLike[str] | None, prefix: str
) -> tuple[Path, Path]:
    folders = _fashion_mnist_folders() if folder is None else [Path(folder)]
    names = f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"
    for place in folders:
        images, labels = (_raw_or_gzip(place, name) for name in names)
        if images and labels:
            return images, labels
    raise FileNotFoundError(
        f"{names[0]} and {names[1]} (raw or .gz) are not in "
        f"{', '.join(str(place) for place in folders)}. Install the Debian package "
        "dataset-fashion-mnist, or download them from "
        "https://github.com/zalandoresearch/fashion-mnist and give their folder."
    )


def _raw_or_gzip(folder: Path, name: str) -> Path | None:
    candidates = folder / name, folder / f"{name}.gz"
    return next((file for file in candidates if file.is_file()), None)


def _fashion_mnist_folders() -> list[Path]:
    folders = [
        _SYSTEM_FOLDER,
        Path.home() / ".cache" / "latentia" / "fashion-mnist",
    ]
    if data := os.environ.get("LATENTIA_DATA"):
        folders[:0] = [Path(data), Path(data) / "fashion-mnist"]
    return folders
