"""A model whose codes of some images are computed once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


class CachedEncoder:
    """A model that encodes some images once and returns the same codes afterwards.

    Several mixtures are fitted to the codes of the same images, and encoding takes
    longer than fitting.

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
        """Return the codes of X, which must be the images given."""
        from latentia.generative.data import to_numpy

        if not np.array_equal(to_numpy(X), self.images):
            raise ValueError("X must be the images of this CachedEncoder")
        return self.codes

    def decode(self, z: Any) -> NDArray[np.uint8]:
        """Return the images that the model decodes from codes."""
        images: NDArray[np.uint8] = self.model.decode(z)
        return images
