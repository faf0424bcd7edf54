"""Pixels on the principal axes of the real images."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia import PCA
from latentia._arguments import check_count
from latentia.evaluation._images import check_images
from latentia.evaluation.features._fingerprint import fingerprint


class PixelFeatures:
    """Coordinates of images on the principal axes of real ones.

    It needs neither labels nor PyTorch, and sees colours and coarse shapes: blur costs
    little here.

    Parameters
    ----------
    images : array-like of shape (n, H, W) or (n, H, W, C)
        Real images, at least two; uint8, or float in 0..1.
    n_components : int, default=64
        At most; images have no more axes than pixels, and n images no more than n − 1.

    Attributes
    ----------
    name : str
        "pixel PCA" and a fingerprint of the axes: each is a space of its own.

    Raises
    ------
    ValueError, TypeError
        Images of another form, or fewer than one component.
    """

    def __init__(self, images: ArrayLike, n_components: int = 64) -> None:
        check_count(n_components, "n_components", least=1)
        checked = check_images(images, "images", least=2)
        rows = _as_rows(checked)
        self._image_shape = checked.shape[1:]
        self._pca = PCA(min(n_components, len(rows) - 1, rows.shape[1]), random_state=0)
        self._pca.fit(rows)
        self.name = f"pixel PCA {fingerprint([self._pca.mean_, self._pca.components_])}"

    def __call__(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return the coordinates of images, float32 (n, d), in units of full white."""
        checked = check_images(images, "images", shape=self._image_shape)
        coordinates = self._pca.transform(_as_rows(checked))
        return np.asarray(coordinates, dtype=np.float32)


def _as_rows(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    rows = images.reshape(len(images), -1)
    return np.divide(rows, 255, dtype=np.float32)
