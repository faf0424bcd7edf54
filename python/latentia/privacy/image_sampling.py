"""Images of a fitted PrivateImages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from latentia.privacy.image_basis import ImageBasis

_AT_ONCE = 256


def draw_images(
    model: Any, indices: NDArray[np.int64], random: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """Yield images of classes, given as indices, a few at a time.

    A cluster of the class is drawn, and coefficients are mean + axes·√C·z₁ + √rest·z₂
    with standard normal z.
    """
    m, k = model.axes_.shape
    shares = np.cumsum(model.weights_, axis=1)
    shares[:, -1] = 1.0
    basis = ImageBasis.of(model.image_shape_, m)
    roots = np.array([model.axes_ @ _root(C) for C in model.covariances_])
    for begin in range(0, len(indices), _AT_ONCE):
        of_block = indices[begin : begin + _AT_ONCE]
        # All that an image needs is drawn at once: others do not change it.
        z = random.standard_normal((len(of_block), k + m + 1))
        cluster = (ndtr(z[:, -1:]) > shares[of_block]).sum(axis=1)
        group = of_block * shares.shape[1] + cluster
        x = model.means_[group] + z[:, k:-1] * np.sqrt(model.rest_)
        for g in np.unique(group):
            x[group == g] += z[group == g, :k] @ roots[g].T
        yield basis.images(x)


def _root(covariance: NDArray[Any]) -> NDArray[Any]:
    """Return L with LLᵀ = C; eigenvalues below 0 by rounding are 0."""
    values, axes = np.linalg.eigh(covariance)
    found: NDArray[Any] = axes * np.sqrt(np.maximum(values, 0.0))
    return found
