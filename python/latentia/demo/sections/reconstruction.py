"""Images reconstructed from principal components, next to the originals."""

from __future__ import annotations

import numpy as np

from latentia import PCA
from latentia._number_format import percent
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.pages import Picture, Section, Table
from latentia.plots import image_grid

RANKS = (5, 20, 50)
N_SHOWN = 10


def section_reconstruction(data: DemoData) -> Section:
    """Reconstruct images of each collection from their first components."""
    shown = [_rebuild(collection) for collection in data.collections]
    return Section(
        "Reconstruction from principal components",
        prose=[
            "Each image is replaced by its scores on the first k principal components "
            "and reconstructed from these k numbers. The relative error is the norm of "
            "the difference divided by the norm of the centred images: 0 % is perfect, "
            "100 % is the mean image for all.",
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

    rows, grids = [], [matrix[chosen]]
    for rank in ranks:
        share = min(shares[rank - 1], 1.0)
        rows.append([str(rank), percent(share), percent((1 - share) ** 0.5)])
        rebuilt = scores[:, :rank] @ pca.components_[:rank] + pca.mean_
        grids.append(np.clip(rebuilt, 0, 1))

    table = Table(
        f"All {len(matrix):,} {collection.name}",
        [f"Components (of {n_pixels})", "Explained variance", "Relative error"],
        rows,
        emphasised="Explained variance",
    )
    picture = Picture(
        f"reconstructed-{collection.name}",
        image_grid(
            collection.fold(np.concatenate(grids)),
            row_titles=["original", *(f"{rank} components" for rank in ranks)],
            columns=len(chosen),
        ),
        caption=f"One image of each class of {collection.name}: the original, and "
        "reconstructions from more and more components.",
        alt=f"A grid of {collection.name}: originals in the first row, and in the rows "
        f"below reconstructions from {', '.join(map(str, ranks))} components, each "
        "sharper than the one before.",
    )
    return table, picture


def _one_of_each_label(collection: Collection) -> list[int]:
    _, first = np.unique(collection.labels, return_index=True)
    return [int(index) for index in first[:N_SHOWN]]
