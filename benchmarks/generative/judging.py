"""How near generated images come to real ones that no model was trained on."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from latentia.benchmarks.generative.trainings import Images, Pictures
from latentia.benchmarks.results import Measures, Quantity
from latentia.evaluation import (
    GaussianStatistics,
    conditional_accuracy,
    density_coverage,
    frechet_distance,
    gaussian_statistics,
)
from latentia.evaluation.features.classifier import ClassifierFeatures

FRECHET, DENSITY, COVERAGE = "Fréchet distance", "density", "coverage"
ACCURACY, ELBO = "conditional accuracy", "test ELBO"


@dataclass(slots=True)
class Judge:
    """Scores in the feature space of a classifier, against the test images."""

    pictures: Pictures
    classifier: ClassifierFeatures
    _real: NDArray[np.float32] = field(init=False)
    _statistics: GaussianStatistics = field(init=False)

    def __post_init__(self) -> None:
        """Look at the real images once."""
        self._real = self.classifier(self.pictures.test.images)
        self._statistics = gaussian_statistics(self._real)

    def measures(
        self, images: Images, labels: NDArray[np.int64] | None = None
    ) -> Measures:
        """Score images (n, H, W).

        ``labels`` are what each was asked to be; they add the share of them that the
        classifier takes for it.
        """
        features = self.classifier(images)
        near = density_coverage(self._real, features)
        found = {
            FRECHET: frechet_distance(self._statistics, gaussian_statistics(features)),
            COVERAGE: near.coverage,
            DENSITY: near.density,
        }
        if labels is not None:
            found[ACCURACY] = conditional_accuracy(self.classifier, images, labels)
        return {name: Quantity(value) for name, value in found.items()}

    def floor(self) -> Measures:
        """Score real training images, as many as there are test images.

        The accuracy is the classifier's own, on the test images.
        """
        train, test = self.pictures.train, self.pictures.test
        chosen = np.random.default_rng(0).permutation(len(train.images))
        found = self.measures(train.images[chosen[: self.pictures.n_generated]])
        accuracy = conditional_accuracy(self.classifier, test.images, test.labels)
        return found | {ACCURACY: Quantity(accuracy)}
