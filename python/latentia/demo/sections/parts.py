"""Parts of images, found by non-negative matrix factorisation."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentia import NMF, PCA
from latentia._number_format import percent, seconds
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.pages import Picture, Section, Table
from latentia.plots import side_by_side, sum_of_parts

N_PARTS = 16
N_SUMS = 4

Images = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Parts:
    """NMF components of a collection, and the same number of principal components.

    Attributes
    ----------
    collection : Collection
    parts : ndarray of shape (k, H, W)
        Components, scaled to a maximum of 1; those with the largest sum of pixels
        times weight first.
    weights : ndarray of shape (n, k)
        Coefficients of the parts in each image.
    eigen_images : ndarray of shape (k, H, W)
    error, pca_error : float
        ‖X − reconstruction‖ / ‖X‖ of NMF and of PCA.
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
        """Fraction of the parts' pixels that are below a hundredth of the maximum."""
        return float(np.mean(self.parts < 0.01))

    @property
    def absent(self) -> float:
        """Fraction of the weights that are zero."""
        return float(np.mean(self.weights == 0))


def _relative_error(pca: PCA, n: int, size: float) -> float:
    """Return ‖X − reconstruction‖ / ‖X‖ of PCA, from the unexplained variance."""
    # Around the mean m the squares of X are ‖X‖² − n·‖m‖².
    mean = float(np.linalg.norm(pca.mean_)) / size
    left = 1 - float(pca.explained_variance_ratio_.sum(dtype=np.float64))
    return math.sqrt(max(left * (1 - n * mean**2), 0.0))


def section_parts(data: DemoData) -> Section:
    """Show the parts of each collection, and images as sums of them."""
    found = [Parts.find(collection) for collection in data.collections]
    return Section(
        "Parts of images",
        prose=[
            "Non-negative matrix factorisation (NMF) approximates each image by a sum "
            "of parts with non-negative weights. Parts cannot cancel each other, as "
            "principal components do, so each part tends to be a local piece of an "
            "image, such as a stroke of a pen, a sleeve or a sole.",
            "With the same number of components PCA has the smaller error: it is the "
            "best approximation without the constraint of non-negativity. The parts of "
            "NMF are easier to interpret: the more of their pixels are dark, the more "
            "local they are, and a weight of zero means that an image lacks the part.",
        ],
        tables=[_table(found)],
        pictures=[picture for f in found for picture in (_parts(f), _sums(f))],
    )


def _parts(found: Parts) -> Picture:
    k, name = len(found.parts), found.collection.name
    parts, directions = f"{k} NMF components", f"{k} principal components"
    dark = percent(found.dark)
    return Picture(
        f"parts-{name}",
        side_by_side(
            {parts: found.parts, directions: found.eigen_images},
            columns=4,
            symmetric={directions},
        ),
        caption=f"Components of the {name}. Left: NMF, each scaled to full brightness, "
        "the components with the largest contribution first. Right: PCA, with positive "
        "and negative pixels.",
        alt=f"Two grids of {k} images: on the left parts of {name}, bright on "
        f"black, {dark} of their pixels dark; on the right principal components in "
        "dark and pale tones, which fill the whole image.",
    )


def _sums(found: Parts) -> Picture:
    collection = found.collection
    _, first = np.unique(collection.labels, return_index=True)
    chosen = first[np.unique(np.linspace(0, len(first) - 1, N_SUMS).astype(int))]
    return Picture(
        f"sums-{collection.name}",
        sum_of_parts(collection.images[chosen], found.parts, found.weights[chosen]),
        caption="An image, its reconstruction from all parts, and the parts with the "
        "largest contribution, each with its weight.",
        alt=f"{len(chosen)} rows: one of the {collection.name}, a blurred "
        "reconstruction, and the parts with the largest contribution and weight.",
    )


def _table(found: list[Parts]) -> Table:
    return Table(
        "NMF next to PCA with the same number of components; lower errors are better",
        [
            "Images",
            "Parts",
            "Fit",
            "Dark pixels",
            "Zero weights",
            "Relative error of NMF",
            "Relative error of PCA",
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
