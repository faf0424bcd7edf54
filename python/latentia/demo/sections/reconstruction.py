"""Images rebuilt from a few components each, beside the originals."""

from __future__ import annotations

import numpy as np

from latentia import PCA
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.plots import Picture, Section, Table, image_sheet, percent

RANKS = (5, 20, 50)
N_SHOWN = 10


def section_reconstruction(data: DemoData) -> Section:
    """Rebuild images of each collection from their first components."""
    shown = [_rebuild(collection) for collection in data.collections]
    return Section(
        "Rebuilt from a handful of numbers",
        prose=[
            "Keep only how much of each eigen-image an image has, and forget its "
            "pixels: a few numbers bring most of it back. The error is relative to how "
            "much the images differ from their average.",
        ],
        tables=[table for table, _ in shown],
        pictures=[picture for _, picture in shown],
    )


def _rebuild(collection: Collection) -> tuple[Table, Picture]:
    matrix = collection.matrix
    n_pixels = matrix.shape[1]
    ranks = sorted({min(rank, *matrix.shape) for rank in RANKS})
    pca = PCA(ranks[-1], random_state=0).fit(matrix)
    chosen = _one_of_each_label(collection)
    scores = pca.transform(matrix[chosen])
    shares = np.cumsum(pca.explained_variance_ratio_, dtype=np.float64)

    rows, sheets = [], [matrix[chosen]]
    for rank in ranks:
        share = min(shares[rank - 1], 1.0)
        rows.append(
            [f"{rank} of {n_pixels}", percent(share), percent((1 - share) ** 0.5)]
        )
        rebuilt = scores[:, :rank] @ pca.components_[:rank] + pca.mean_
        sheets.append(np.clip(rebuilt, 0, 1))

    table = Table(
        f"All {len(matrix):,} {collection.name}",
        ["Numbers for each image", "Variance kept", "Relative error"],
        rows,
        emphasised="Variance kept",
    )
    picture = Picture(
        f"rebuilt-{collection.name}",
        image_sheet(
            collection.fold(np.concatenate(sheets)),
            row_titles=["original", *(f"{rank} numbers" for rank in ranks)],
            columns=len(chosen),
        ),
        caption=f"One of each kind of {collection.name}: the original above, below it "
        "what is rebuilt from more and more components.",
        alt=f"A grid of {collection.name}: originals in the first row, and in the rows "
        f"below reconstructions from {', '.join(map(str, ranks))} components, each "
        "sharper than the one before.",
    )
    return table, picture


def _one_of_each_label(collection: Collection) -> list[int]:
    _, first = np.unique(collection.labels, return_index=True)
    return [int(index) for index in first[:N_SHOWN]]
