"""Principal components of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia import PCA
from latentia._arguments import check_count
from latentia.evaluation._images import check_images
from latentia.evaluation.features._fingerprint import fingerprint


class PixelFeatures:
    """Principal components of the pixels, fitted to real images.

    It needs neither labels nor PyTorch. It describes colours and coarse shapes, so
    blurred images still get good scores.

    Parameters
    ----------
    images : array-like of shape (n, H, W) or (n, H, W, C)
        Real images, at least two; uint8, or float in 0..1.
    n_components : int, default=64
        Largest number of components; there are at most as many as pixels, and n − 1.

    Attributes
    ----------
    name : str
        "pixel PCA" and a fingerprint of the components: every fit is another space.

    Raises
    ------
    ValueError, TypeError
        Images of another form, or fewer than one component.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation.features import PixelFeatures
    >>> images = load_digits().images
    >>> space = PixelFeatures(images, n_components=10)
    >>> space(images[:3]).shape
    (3, 10)
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
        """Return the features of images, float32 (n, d); white is 1."""
        checked = check_images(images, "images", shape=self._image_shape)
        coordinates = self._pca.transform(_as_rows(checked))
        return np.asarray(coordinates, dtype=np.float32)


def _as_rows(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    rows = images.reshape(len(images), -1)
    return np.divide(rows, 255, dtype=np.float32)
