"""Images of one kind that the demo works with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Collection:
    """Small grey images of one kind.

    Attributes
    ----------
    name : str
        What they show: plural, lower case.
    images : ndarray of shape (n, H, W), uint8
    labels : ndarray of shape (n,), int64
    classes : tuple of str
        Names of the labels, if they have any.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...] = ()

    @property
    def matrix(self) -> NDArray[np.float32]:
        """One image a row: shape (n, H · W), values in 0..1."""
        shares: NDArray[np.float32] = np.divide(self.images, 255, dtype=np.float32)
        return shares.reshape(len(shares), -1)

    def fold(self, rows: NDArray[np.floating]) -> NDArray[np.floating]:
        """Turn rows of shape (n, H · W) into images of shape (n, H, W)."""
        return rows.reshape(-1, *self.images.shape[1:])
