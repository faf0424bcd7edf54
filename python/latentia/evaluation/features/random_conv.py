"""Features of a convolutional network with random weights."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from latentia._arguments import check_count
from latentia.evaluation._images import check_images
from latentia.evaluation.features._network import (
    ToModerateSize,
    choose_device,
    outputs,
)

_WIDTHS = (32, 64, 64)


class RandomConvFeatures:
    """Outputs of three random convolutions: 256 numbers per image.

    It needs neither labels nor training and depends only on the seed, so scores can be
    compared between data sets with the same number of channels.

    Parameters
    ----------
    seed : int, default=0
        Seed of the weights.
    device : str, default="auto"
        "cpu", "cuda" or "cuda:1"; "auto" is CUDA if available, else the CPU.

    Attributes
    ----------
    name : str

    References
    ----------
    M. Naeem et al., "Reliable fidelity and diversity metrics for generative models",
    ICML 2020. It recommends random embeddings for data other than photographs.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation.features import RandomConvFeatures
    >>> space = RandomConvFeatures(seed=0)
    >>> space(load_digits().images[:3]).shape
    (3, 256)
    """

    def __init__(self, *, seed: int = 0, device: str = "auto") -> None:
        self._seed = check_count(seed, "seed", least=0)
        self._device = choose_device(device)
        self.name = f"random convolutions, seed {seed}"

    def __call__(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return the features of images, float32 (n, 256)."""
        checked = check_images(images, "images")
        n_channels = 1 if checked.ndim == 3 else checked.shape[3]
        return outputs(random_network(n_channels, self._seed), checked, self._device)


def random_network(
    n_channels: int, seed: int, widths: tuple[int, ...] = _WIDTHS
) -> nn.Module:
    """Return the network; NumPy draws its weights, so they do not depend on torch."""
    random = np.random.Generator(np.random.Philox(seed))
    layers: list[nn.Module] = [ToModerateSize()]
    for inside, outside in pairwise((n_channels, *widths)):
        # On the meta device, because initialisation draws from the global generator.
        layer = nn.Conv2d(
            *(inside, outside, 4, 2, 1), bias=False, device="meta", dtype=torch.float32
        )
        layer = layer.to_empty(device="cpu")
        weights = random.standard_normal(layer.weight.shape, dtype=np.float32)
        with torch.no_grad():  # keeps the variance through a ReLU (He et al. 2015)
            layer.weight.copy_(torch.from_numpy(weights) * math.sqrt(2 / (16 * inside)))
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())
