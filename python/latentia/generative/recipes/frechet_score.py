"""A fast score of a generator while it trains, which needs no labels."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from latentia.evaluation import frechet_distance
from latentia.evaluation.features import RandomConvFeatures
from latentia.evaluation.frechet import gaussian_statistics
from latentia.generative.data import ImageSet, to_numpy

IMAGES = 2048
"""Most images that are compared."""

LEAST = 30
"""With fewer images, real ones can be as far from each other as an average image."""

LEAST_FOR_NOISE = 10, -0.5
"""Number of images from which a skill below the second value can only be noise."""


class FrechetScore:
    """Fréchet distance to real images, in the features of a random convolution.

    Parameters
    ----------
    real : ImageSet
        Images to compare with; at most 2048 of them, evenly spaced, are used.
    by_class : bool
        Whether the chosen images have the class shares of all images.
    device : torch.device
        Where the features are computed; on the CPU instead of "mps".
    """

    def __init__(self, real: ImageSet, by_class: bool, device: torch.device) -> None:
        self.n = min(IMAGES, len(real))
        rows = torch.arange(self.n) * len(real) // self.n
        if by_class and real.labels is not None:
            # Evenly spaced images of each class.
            rows = torch.argsort(real.labels, stable=True)[rows].sort().values
        chosen = real.take(rows)
        self.labels = chosen.labels
        images = to_numpy(chosen.images)
        # Apple's GPUs lack average pooling of sizes that do not divide a map.
        where = "cpu" if device.type == "mps" else str(device)
        self._features = RandomConvFeatures(device=where)
        found = self._features(images)
        self._real = gaussian_statistics(found)
        # The expected distance between n real images and n others: half the distance
        # between two halves, as the bias is proportional to 1/n.
        self._floor = 0.0
        if self.n >= LEAST:
            halves = gaussian_statistics(found[::2]), gaussian_statistics(found[1::2])
            self._floor = frechet_distance(*halves) / 2

    def score(self, generated: NDArray[np.uint8]) -> dict[str, float]:
        """Return the distance under the name by which checkpoints are chosen."""
        distance = frechet_distance(self._real, self._features(generated))
        return {"score": distance}

    def skill(self, score: float) -> float | None:
        """Return 1 − (score − floor) / tr C, of the covariance C of real features.

        The distance of one average image is about tr C, that of other real images the
        floor. With few images it is None, unless it is so low that samples are noise.
        """
        variance = float(np.trace(self._real.covariance))
        if not variance > 0:
            return None
        found = 1 - max(score - self._floor, 0.0) / variance
        least, noise = LEAST_FOR_NOISE
        reliable = self.n >= LEAST or (self.n >= least and found < noise)
        return found if reliable else None
