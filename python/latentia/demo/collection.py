"""A collection of images for the demo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Collection:
    """Small greyscale images with labels.

    Attributes
    ----------
    name : str
        What the images show: plural, lower case.
    images : ndarray of shape (n, H, W), uint8
    labels : ndarray of shape (n,), int64
    classes : tuple of str
        Names of the labels; empty if they have none.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...] = ()

    @property
    def matrix(self) -> NDArray[np.float32]:
        """The images as rows: shape (n, H · W), values in 0..1."""
        scaled: NDArray[np.float32] = np.divide(self.images, 255, dtype=np.float32)
        return scaled.reshape(len(scaled), -1)

    def fold(self, rows: NDArray[np.floating]) -> NDArray[np.floating]:
        """Turn rows of shape (n, H · W) into images of shape (n, H, W)."""
        return rows.reshape(-1, *self.images.shape[1:])
