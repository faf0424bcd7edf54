"""A model that has looked at its images once and for all."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Coded:
    """A model whose codes of some images are found once, for all that asks for them.

    Several mixtures are fitted to the codes of the same images, and encoding these
    takes longer than fitting.

    Parameters
    ----------
    model : VAE or RAE
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
    """

    def __init__(self, model: Any, images: NDArray[np.uint8]) -> None:
        self.model, self.images = model, images

    @cached_property
    def codes(self) -> NDArray[np.float32]:
        """The codes of the images (n, latent_dim)."""
        found: NDArray[np.float32] = self.model.encode(self.images)
        return found

    def encode(self, X: Any) -> NDArray[np.float32]:
        """Return the codes of the images, which X must be."""
        from latentia.generative.data import to_numpy

        if not np.array_equal(to_numpy(X), self.images):
            raise ValueError("X must be the images whose codes were found")
        return self.codes

    def decode(self, z: Any) -> NDArray[np.uint8]:
        """Return the model's images of codes."""
        images: NDArray[np.uint8] = self.model.decode(z)
        return images
