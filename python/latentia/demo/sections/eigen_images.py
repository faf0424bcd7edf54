"""The directions in which a collection of images varies most, drawn as images."""

from __future__ import annotations

from latentia import PCA
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.plots import Picture, Section, image_sheet, percent

N_SHOWN = 16


def section_eigen_images(data: DemoData) -> Section:
    """Show the first principal components of each collection."""
    return Section(
        "Eigen-images",
        prose=[
            "A principal component has as many entries as an image has pixels, so it "
            "can be looked at. Every image is the average image plus its own mixture "
            "of these: what is pale is added where what is dark is taken away, and "
            "grey stays as it is. The first ones tell broad shapes apart, the later "
            "ones details.",
        ],
        pictures=[_picture(collection) for collection in data.collections],
    )


def _picture(collection: Collection) -> Picture:
    matrix = collection.matrix
    n_shown = min(N_SHOWN, *matrix.shape)
    pca = PCA(n_shown, random_state=0).fit(matrix)
    shares = pca.explained_variance_ratio_
    return Picture(
        f"eigen-images-{collection.name}",
        image_sheet(
            collection.fold(pca.components_),
            titles=[f"{i} · {percent(s)}" for i, s in enumerate(shares, start=1)],
            columns=min(8, n_shown),
            symmetric=True,
        ),
        caption=f"The first {n_shown} eigen-images of {len(matrix):,} "
        f"{collection.name}, each with its share of the variance; together "
        f"{percent(shares.sum())}.",
        alt=f"{n_shown} blurred images in dark and pale tones, one for each principal "
        f"component of the {collection.name}, from broad shapes to fine ones.",
    )
