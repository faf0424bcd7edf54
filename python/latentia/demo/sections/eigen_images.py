"""Principal components of images, drawn as images."""

from __future__ import annotations

from latentia import PCA
from latentia._number_format import percent
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.pages import Picture, Section
from latentia.plots import image_grid

N_SHOWN = 16


def section_eigen_images(data: DemoData) -> Section:
    """Show the first principal components of each collection."""
    return Section(
        "Principal components of images",
        prose=[
            "A principal component has one entry for each pixel, so it can be drawn as "
            "an image, an eigenimage. Each image of the collection is the mean image "
            "plus a weighted sum of the components. Pale pixels are positive, dark "
            "pixels negative, mid-grey pixels zero. The first components describe "
            "coarse shapes, later components describe details.",
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
        image_grid(
            collection.fold(pca.components_),
            titles=[f"{i} · {percent(s)}" for i, s in enumerate(shares, start=1)],
            columns=min(8, n_shown),
            symmetric=True,
        ),
        caption=f"The first {n_shown} principal components of {len(matrix):,} "
        f"{collection.name}, each with its explained variance; together "
        f"{percent(shares.sum())}.",
        alt=f"{n_shown} blurred images in dark and pale tones, one for each principal "
        f"component of the {collection.name}, from coarse shapes to details.",
    )
