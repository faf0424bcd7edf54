"""The public basis that private images are described in: low frequencies of a cosine.

Natural images have most of their variance at low frequencies, which is known without
looking at any. Keeping those leaves fewer numbers to hide, and each number needs noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from latentia._blas import serial_blas

Array = NDArray[Any]

_STEP = 2.0**-20
"""Entries of the basis are whole multiples of it.

Its products with bytes are then sums of whole numbers below 2⁵³, exact in float64 in
any order: what an image adds does not depend on other images.
"""

_AT_ONCE = 4096
_CHROMA = 3.0
"""Differences of channels count as this many times higher in squared frequency."""


@dataclass(frozen=True)
class ImageBasis:
    """Orthonormal low frequencies of images of one shape.

    Attributes
    ----------
    shape : tuple of int
        (H, W) or (H, W, C).
    axes : ndarray of shape (n_frequencies, n_pixels)
        The discrete cosine transform of type II, of channels too.
    frequency : ndarray of shape (n_frequencies,)
        Half waves across the image, at least 1.
    """

    shape: tuple[int, ...]
    axes: Array
    frequency: Array

    @classmethod
    def of(cls, shape: tuple[int, ...], n_frequencies: int) -> ImageBasis:
        """Return the lowest frequencies of images of a shape, or all there are."""
        sides = (*shape, 1)[:3]
        longest = max(sides[:2])
        parts = [dct(np.eye(side), axis=0, norm="ortho") for side in sides]
        i, j, c = np.meshgrid(*(np.arange(side) for side in sides), indexing="ij")
        waves = (i * longest / sides[0]) ** 2 + (j * longest / sides[1]) ** 2
        square = np.where(c > 0, (1 + waves) * (1 + _CHROMA), 1 + waves).ravel()
        chosen = np.argsort(square, kind="stable")[:n_frequencies]
        axes = [
            np.einsum("a,b,c->abc", parts[0][p], parts[1][q], parts[2][r]).ravel()
            for p, q, r in zip(*np.unravel_index(chosen, sides), strict=True)
        ]
        whole = np.rint(np.array(axes) / _STEP) * _STEP
        return cls(shape, whole, np.sqrt(square[chosen]))

    @property
    def radius(self) -> float:
        """Largest distance of an image with values 0..1 from grey, 0.5."""
        return 0.5 * math.sqrt(math.prod(self.shape))

    def coefficients(self, images: NDArray[np.uint8]) -> Array:
        """Return the coefficients of bytes, of values 0..1 about grey (n, m)."""
        found = np.empty((len(images), len(self.axes)))
        flat = images.reshape(len(images), -1)
        # 2·byte − 255 is whole: the grey point is half a level.
        with serial_blas():
            for begin in range(0, len(flat), _AT_ONCE):
                some = flat[begin : begin + _AT_ONCE].astype(np.float64) * 2 - 255
                found[begin : begin + _AT_ONCE] = some @ self.axes.T
        found /= 2 * 255
        return found

    def images(self, coefficients: Array) -> NDArray[np.uint8]:
        """Return images of bytes; values outside 0..1 become 0 or 1."""
        with serial_blas():
            values = coefficients.astype(np.float32) @ self.axes.astype(np.float32)
        levels = np.rint(np.clip(values + np.float32(0.5), 0, 1) * 255)
        found: NDArray[np.uint8] = levels.astype(np.uint8)
        return found.reshape(len(values), *self.shape)
