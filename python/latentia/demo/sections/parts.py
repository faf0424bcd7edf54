"""The parts that non-negative factorisation finds in images."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentia import NMF, PCA
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.plots import (
    Picture,
    Section,
    Table,
    percent,
    seconds,
    side_by_side,
    sum_of_parts,
)

N_PARTS = 16
N_SUMS = 4

Images = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of a collection, beside as many directions of PCA.

    Attributes
    ----------
    collection : Collection
    parts : ndarray of shape (k, H, W)
        Each scaled to a maximum of 1; those that give the images most light first.
    weights : ndarray of shape (n, k)
        How much of each part is in each image.
    eigen_images : ndarray of shape (k, H, W)
    error, pca_error : float
        ‖X − rebuilt‖ / ‖X‖ of the two.
    fit_time : float
        Seconds that the NMF took.
    """

    collection: Collection
    parts: Images
    weights: Images
    eigen_images: Images
    error: float
    pca_error: float
    fit_time: float

    @classmethod
    def find(cls, collection: Collection) -> Parts:
        """Fit both to all images of the collection."""
        matrix = collection.matrix
        k = min(N_PARTS, *matrix.shape)
        nmf = NMF(k, tol=0, max_iter=50, random_state=0)
        start = time.perf_counter()
        weights = nmf.fit_transform(matrix)
        fit_time = time.perf_counter() - start
        pca = PCA(k, random_state=0).fit(matrix)
        peak = nmf.components_.max(axis=1)
        peak[peak == 0] = 1
        parts, weights = nmf.components_ / peak[:, np.newaxis], weights * peak
        order = np.argsort(-weights.sum(axis=0) * parts.sum(axis=1), kind="stable")
        size = float(np.linalg.norm(matrix))
        return cls(
            collection,
            collection.fold(parts[order]),
            weights[:, order],
            collection.fold(pca.components_),
            error=float(nmf.reconstruction_err_) / size,
            pca_error=_relative_error(pca, len(matrix), size),
            fit_time=fit_time,
        )

    @property
    def dark(self) -> float:
        """Share of the parts' pixels that are dark: below a hundredth of the peak."""
        return float(np.mean(self.parts < 0.01))

    @property
    def absent(self) -> float:
        """Share of the weights that are zero: of parts that are not in an image."""
        return float(np.mean(self.weights == 0))


def _relative_error(pca: PCA, n: int, size: float) -> float:
    """Return ‖X − rebuilt‖ / ‖X‖ of PCA, from the share of the variance left over."""
    # Around the mean m the squares of X are ‖X‖² − n·‖m‖².
    mean = float(np.linalg.norm(pca.mean_)) / size
    left = 1 - float(pca.explained_variance_ratio_.sum(dtype=np.float64))
    return math.sqrt(max(left * (1 - n * mean**2), 0.0))


def section_parts(data: DemoData) -> Section:
    """Show the parts of each collection, and images as sums of them."""
    found = [Parts.find(collection) for collection in data.collections]
    return Section(
        "The parts of things",
        prose=[
            "PCA may add and take away, so its directions are ghosts that hold all of "
            "an image at once. Non-negative matrix factorisation may only add: every "
            "image is a sum of a few parts, each in a certain strength, and nothing "
            "is ever taken back. What can only be added has to be something that is "
            "really there: a stroke of the pen, a sleeve, a sole.",
            "The freedom to take away is worth something: with as many numbers for "
            "each image PCA is closer to it. What is gained in return can be read: an "
            "image is told by the parts that it has, and many are not in it at all.",
        ],
        tables=[_table(found)],
        pictures=[picture for f in found for picture in (_parts(f), _sums(f))],
    )


def _parts(found: Parts) -> Picture:
    k, name = len(found.parts), found.collection.name
    parts, directions = f"{k} parts: NMF", f"{k} eigen-images: PCA"
    dark = percent(found.dark)
    return Picture(
        f"parts-{name}",
        side_by_side(
            {parts: found.parts, directions: found.eigen_images},
            columns=4,
            symmetric={directions},
        ),
        caption=f"What {k} components of the {name} look like. On the left the parts, "
        "which are only added, each at its full brightness, the most used first; on "
        "the right the eigen-images, which are added and taken away.",
        alt=f"Two sheets of {k} images: on the left parts of {name}, bright on "
        f"black, {dark} of their pixels dark; on the right eigen-images in dark and "
        "pale tones, which fill the whole frame.",
    )


def _sums(found: Parts) -> Picture:
    collection = found.collection
    _, first = np.unique(collection.labels, return_index=True)
    chosen = first[np.unique(np.linspace(0, len(first) - 1, N_SUMS).astype(int))]
    return Picture(
        f"sums-{collection.name}",
        sum_of_parts(collection.images[chosen], found.parts, found.weights[chosen]),
        caption="An image, what all parts together make of it, and those of the "
        "parts that give it most light, with their strengths.",
        alt=f"{len(chosen)} rows: one of the {collection.name}, a softer image rebuilt "
        "from the parts, and the strongest parts in it, each with its weight.",
    )


def _table(found: list[Parts]) -> Table:
    return Table(
        "What it costs and how close it comes",
        [
            "Images",
            "Parts",
            "Fit",
            "Dark pixels",
            "Parts not in an image",
            "Relative error",
            "PCA’s error",
        ],
        [
            [
                f"{len(f.collection.images):,} {f.collection.name}",
                str(len(f.parts)),
                seconds(f.fit_time),
                percent(f.dark),
                percent(f.absent),
                percent(f.error),
                percent(f.pca_error),
            ]
            for f in found
        ],
        emphasised="Dark pixels",
    )
