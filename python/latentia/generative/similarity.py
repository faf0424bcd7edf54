"""How far a generator is, while it trains: a score that needs no labels and no time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from latentia.evaluation import frechet_distance
from latentia.evaluation.features import RandomConvFeatures
from latentia.evaluation.frechet import gaussian_statistics
from latentia.generative.data import ImageSet, to_numpy

IMAGES = 2048


class Similarity:
    """Fréchet distance to real images, in the features of a random convolution.

    Parameters
    ----------
    real : ImageSet
        Compared with at most 2048 of them, spread evenly.
    by_class : bool
        Spread evenly over the classes too: these have the shares of all images.
    device : torch.device
        Where the features are computed.
    """

    def __init__(self, real: ImageSet, by_class: bool, device: torch.device) -> None:
        self.n = min(IMAGES, len(real))
        rows = torch.arange(self.n) * len(real) // self.n
        if by_class and real.labels is not None:
            # Every so many-th image of those of a class, class after class.
            rows = torch.argsort(real.labels, stable=True)[rows].sort().values
        chosen = real.take(rows)
        self.labels = chosen.labels
        images = to_numpy(chosen.images)
        self._features = RandomConvFeatures(device=str(device))
        self._real = gaussian_statistics(self._features(images))

    def score(self, generated: NDArray[np.uint8]) -> dict[str, float]:
        """Return the distance under the name by which checkpoints are chosen."""
        distance = frechet_distance(self._real, self._features(generated))
        return {"score": distance}
