"""The score of one average image: the zero of the scale of autoencoders' skills."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_BLOCK = 256


def moments(images: Tensor) -> tuple[NDArray[np.float64], float]:
    """Return the mean image and the variance around it, summed over its pixels.

    Parameters
    ----------
    images : Tensor of uint8, shape (n, C, H, W)

    Returns
    -------
    mean : ndarray of float64, shape (C, H, W)
        In 0..1.
    variance : float
        E ‖x − mean‖², exact: sums of integers, a block of images at a time.
    """
    total = torch.zeros(images.shape[1:], dtype=torch.int64)
    squares = torch.zeros_like(total)
    for start in range(0, len(images), _BLOCK):
        block = images[start : start + _BLOCK].to("cpu", torch.int64)
        total += block.sum(0)
        squares += block.square().sum(0)
    mean = total.numpy() / len(images)
    variance = float((squares.numpy() / len(images) - mean**2).sum())
    return mean / 255, max(variance, 0.0) / 255**2


def cross_entropies(images: Tensor) -> tuple[float, float]:
    """Return Σ H(mean image) and E Σ H(image) in nats, H(p) that of one binary pixel.

    The first is the cross-entropy of images with their mean image. The second is that
    of each image with itself, the smallest possible one.
    """
    mean, _ = moments(images)
    counts = torch.zeros(256, dtype=torch.int64)
    for start in range(0, len(images), _BLOCK):
        block = images[start : start + _BLOCK].cpu().flatten()
        counts += torch.bincount(block.to(torch.int64), minlength=256)
    own = counts.numpy() @ _entropy(np.arange(256) / 255)
    return float(_entropy(mean).sum()), float(own / len(images))


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(p, 1e-12, 1 - 1e-12)  # 0 log 0 = 0
    found: NDArray[np.float64] = -(p * np.log(inside) + (1 - p) * np.log1p(-inside))
    return found
