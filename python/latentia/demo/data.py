"""What the demo runs on: data that is already on the machine, or made on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentia import datasets
from latentia.demo.collection import Collection
from latentia.demo.painters import Painters


@dataclass(frozen=True, eq=False)
class Workload:
    """The matrix that is timed, and what it is in a sentence or two."""

    matrix: NDArray[np.float32]
    description: str


@dataclass(frozen=True, eq=False)
class DemoData:
    """Everything the sections draw on.

    Attributes
    ----------
    collections : tuple of Collection
        The largest last.
    photo : ndarray of shape (H, W, 3), uint8
    workload : Workload
    documents : Documents
    ratings : SyntheticRatings
    """

    collections: tuple[Collection, ...]
    photo: NDArray[np.uint8]
    workload: Workload
    documents: datasets.Documents
    ratings: datasets.SyntheticRatings

    @property
    def has_painters(self) -> bool:
        """Whether there are generators, because a section before has trained them."""
        return "painters" in self.__dict__

    @cached_property
    def painters(self) -> Painters:
        """The generators of images, trained when they are asked for first.

        Raises
        ------
        ImportError
            If PyTorch is not installed.
        """
        return Painters.train(self.collections)


def load(folder: Path | None) -> DemoData:
    """Load what comes with the dependencies, and Fashion-MNIST if it is there.

    Parameters
    ----------
    folder : Path or None
        Folder with the IDX files of Fashion-MNIST. With None the usual places are
        tried, and the demo does without if they are not there.

    Raises
    ------
    FileNotFoundError
        If ``folder`` is given and has not got the files.
    ValueError
        If the files are damaged.
    """
    collections = [_collection("digits", datasets.load_digits())]
    try:
        garments = _collection("garments", datasets.load_fashion_mnist(folder))
    except FileNotFoundError:
        if folder is not None:
            raise
        workload = _made_workload()
    else:
        collections.append(garments)
        workload = _garment_workload(garments)
    return DemoData(
        tuple(collections),
        datasets.load_photo("china"),
        workload,
        datasets.load_docstrings(),
        datasets.make_ratings(2000, 600, 80_000, random_state=0),
    )


def _collection(name: str, dataset: datasets.LabelledImages) -> Collection:
    return Collection(name, dataset.images, dataset.labels, dataset.classes)


def _garment_workload(garments: Collection) -> Workload:
    matrix = garments.matrix
    n, n_pixels = matrix.shape
    return Workload(
        matrix,
        f"The matrix is Fashion-MNIST: {n:,} pictures of garments, one a row, "
        f"{n_pixels} pixels each, in float32.",
    )


def _made_workload() -> Workload:
    matrix = datasets.make_decaying(20_000, 2_000, random_state=0)
    n, n_features = matrix.shape
    return Workload(
        matrix,
        f"Fashion-MNIST is not on this machine, so the matrix is made: {n:,} × "
        f"{n_features:,} in float32, with singular values that fall off as 1, ½, ⅓, … "
        "into a floor of noise. With Fashion-MNIST this report has more pictures, too.",
    )
