"""The data of the demo: bundled, found on this machine, or synthetic."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentia import datasets
from latentia.demo.collection import Collection
from latentia.demo.films import Films
from latentia.demo.plan import Plan
from latentia.demo.trained_models import TrainedModels


@dataclass(frozen=True, eq=False)
class Workload:
    """The matrix that methods are timed on, and its description."""

    matrix: NDArray[np.float32]
    description: str


@dataclass(frozen=True, eq=False)
class DemoData:
    """The data of all sections, and the models that several sections share.

    Attributes
    ----------
    collections : tuple of Collection
        Images; the largest collection last.
    photo : ndarray of shape (H, W, 3), uint8
    workload : Workload
    documents : Documents
    ratings : SyntheticRatings
    interactions : SyntheticInteractions
    plan : Plan
        How much the sections do.
    films : Films, optional
        Of MovieLens; they take the place of ``interactions``.
    """

    collections: tuple[Collection, ...]
    photo: NDArray[np.uint8]
    workload: Workload
    documents: datasets.Documents
    ratings: datasets.SyntheticRatings
    interactions: datasets.SyntheticInteractions
    plan: Plan = field(default_factory=Plan.full)
    films: Films | None = None

    @property
    def has_trained_models(self) -> bool:
        """Whether an earlier section has trained the models."""
        return "trained_models" in self.__dict__

    @cached_property
    def trained_models(self) -> TrainedModels:
        """The generative models, trained at the first access.

        Raises
        ------
        ImportError
            If PyTorch is not installed.
        """
        with self.torch_threads():
            seconds = self.plan.training_seconds()
            return TrainedModels.train(self.collections, seconds)

    def torch_threads(self) -> AbstractContextManager[None]:
        """Limit PyTorch to one thread in the quick version.

        Two threads make networks this small little faster. On cores that others use,
        they are many times slower: each of the many short operations waits for both.

        Raises
        ------
        ImportError
            If PyTorch is not installed.
        """
        from latentia.generative.training.compute import cpu_threads

        return cpu_threads(1 if self.plan.is_quick else None)


def load(folder: Path | None, plan: Plan | None = None) -> DemoData:
    """Load bundled data, and Fashion-MNIST if it is on this machine.

    Parameters
    ----------
    folder : Path or None
        Folder with the IDX files of Fashion-MNIST. With None the usual places are
        searched; without the files, other data is used.
    plan : Plan, optional
        How many images are used; by default all.

    Raises
    ------
    FileNotFoundError
        If ``folder`` is given and lacks the files.
    ValueError
        If the files are damaged.
    """
    plan = plan or Plan.full()
    collections = [_collection("digits", datasets.load_digits())]
    try:
        found = datasets.load_fashion_mnist(folder)
    except FileNotFoundError:
        if folder is not None:
            raise
        workload = _synthetic_workload(plan.n_timed)
    else:
        garments = _collection("garments", found, plan.n_images)
        collections.append(garments)
        workload = _garment_workload(garments, plan.n_timed)
    return DemoData(
        tuple(collections),
        datasets.load_photo("china"),
        workload,
        datasets.load_docstrings(),
        datasets.make_ratings(2000, 600, 80_000, random_state=0),
        datasets.make_interactions(3000, 600, 90_000, rank=2, random_state=0),
        plan,
    )


def _collection(
    name: str, dataset: datasets.LabelledImages, n: int | None = None
) -> Collection:
    """Return the first n images; the data sets have them in random order."""
    return Collection(name, dataset.images[:n], dataset.labels[:n], dataset.classes)


def _garment_workload(garments: Collection, n_rows: int | None) -> Workload:
    matrix = garments.matrix[:n_rows]
    n, n_pixels = matrix.shape
    return Workload(
        matrix,
        f"The matrix is Fashion-MNIST: {n:,} images of garments as rows of {n_pixels} "
        "pixels, in float32.",
    )


def _synthetic_workload(n_rows: int | None) -> Workload:
    n_rows, n_columns = (20_000, 2_000) if n_rows is None else (n_rows, 800)
    matrix = datasets.make_decaying(n_rows, n_columns, random_state=0)
    n, n_features = matrix.shape
    return Workload(
        matrix,
        f"Fashion-MNIST is not on this machine, so the matrix is synthetic: {n:,} × "
        f"{n_features:,} in float32, with singular values that decay as 1, ½, ⅓, … "
        "down to the noise level. With Fashion-MNIST this page has more images.",
    )
