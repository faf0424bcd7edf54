"""Images without transparency, as figures need them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BEHIND = 191
"""The background of transparent pixels: light grey, unlike the white page."""


def opaque(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images as greyscale or RGB; transparency is blended with light grey.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        1 to 4 channels; the last of 2 or 4 is alpha.

    Returns
    -------
    ndarray of uint8, shape (n, H, W) or (n, H, W, 3)
    """
    if images.ndim == 4 and images.shape[3] in (2, 4):
        colour = images[..., :-1].astype(np.float32)
        alpha = images[..., -1:].astype(np.float32) / 255
        images = np.rint(_BEHIND + alpha * (colour - _BEHIND)).astype(np.uint8)
    return images[..., 0] if images.shape[3:] == (1,) else images
