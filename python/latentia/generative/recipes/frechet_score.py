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

LEAST = 30
"""Of fewer, real images can be as far from real ones as one average image is."""

LEAST_FOR_NOISE = 10, -0.5
"""Of so many, no real images are so much farther than one average image."""


class FrechetScore:
    """Fréchet distance to real images, in the features of a random convolution.

    Parameters
    ----------
    real : ImageSet
        Compared with at most 2048 of them, spread evenly.
    by_class : bool
        Spread evenly over the classes too: these have the shares of all images.
    device : torch.device
        Where the features are computed; on the CPU instead of "mps".
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
        # Means of cells that do not divide a map are missing on Apple's GPUs.
        where = "cpu" if device.type == "mps" else str(device)
        self._features = RandomConvFeatures(device=where)
        found = self._features(images)
        self._real = gaussian_statistics(found)
        # So many real images are that far from as many others, as the distance of
        # halves is about twice it: the bias goes with 1/n.
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

        One average image has about tr C as its distance, other real images the floor.
        Of few images it is None, unless it is so low that only noise has it.
        """
        variance = float(np.trace(self._real.covariance))
        if not variance > 0:
            return None
        found = 1 - max(score - self._floor, 0.0) / variance
        least, noise = LEAST_FOR_NOISE
        told = self.n >= LEAST or (self.n >= least and found < noise)
        return found if told else None
