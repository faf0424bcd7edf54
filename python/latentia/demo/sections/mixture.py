"""New images from a mixture of Gaussians on the principal components of real ones."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentia import PCA, GaussianMixture
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.plots import (
    Fact,
    Picture,
    Section,
    Table,
    convergence,
    image_sheet,
    percent,
    rate,
    seconds,
    side_by_side,
)

N_DIRECTIONS = 64
N_MIXED = 100
N_SAMPLED = 10_000
N_SHOWN = 36
N_MEANS = 20

Images = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Generator:
    """A mixture of Gaussians in the space of the principal components.

    Attributes
    ----------
    collection : Collection
        What it was fitted to.
    pca : PCA
    mixture : GaussianMixture
    fit_time : float
        Seconds that the two took.
    """

    collection: Collection
    pca: PCA
    mixture: GaussianMixture
    fit_time: float

    @classmethod
    def fit(cls, collection: Collection) -> Generator:
        """Fit to as many directions and components as the images can support."""
        matrix = collection.matrix
        n, n_pixels = matrix.shape
        n_directions = min(N_DIRECTIONS, max(1, n_pixels // 2), n)
        # A covariance needs a few images for every direction that it spans; a little
        # of the same variance everywhere keeps it from fitting too few too well.
        k = min(N_MIXED, max(1, n // (3 * n_directions)))
        pca = PCA(n_directions, random_state=0)
        mixture = GaussianMixture(k, reg_covar=3e-3, tol=1e-2, random_state=0)
        start = time.perf_counter()
        mixture.fit(pca.fit_transform(matrix))
        return cls(collection, pca, mixture, time.perf_counter() - start)

    def sample(self, n: int) -> Images:
        """Return ``n`` new images of shape (n, H, W), those of one component together.

        A mixture does not know that light cannot be negative: what leaves 0..1 is cut.
        """
        return self._images(self.mixture.sample(n)[0])

    def means(self) -> tuple[Images, NDArray[np.float64]]:
        """Return the components' means as images and their weights, heaviest first."""
        order = np.argsort(-self.mixture.weights_, kind="stable")
        return self._images(self.mixture.means_[order]), self.mixture.weights_[order]

    def _images(self, scores: NDArray[np.floating]) -> Images:
        images: Images = self.collection.fold(self.pca.inverse_transform(scores))
        return images.clip(0, 1)


def section_mixture(data: DemoData) -> Section:
    """Fit a generator to each collection and show what it makes."""
    generators = [Generator.fit(collection) for collection in data.collections]
    sheets, rates = zip(*map(_sample, generators), strict=True)
    largest = generators[-1]
    n, k = len(largest.collection.images), largest.mixture.n_components
    return Section(
        "Images that never were",
        prose=[
            "The numbers that PCA makes of an image are a point in a space of a few "
            "dozen directions, and the images of a collection are clouds in it. A "
            "mixture of Gaussians finds the clouds: where each lies, how it is "
            "stretched, how many images are in it. No labels are used. From then on "
            "new images cost almost nothing: choose a cloud by its weight, a point in "
            "it at random, and turn the point back into pixels.",
            "What it gets right is what goes with what: which outlines exist, how "
            "often, and how their parts vary together. What it cannot do follows from "
            "its two halves. PCA keeps the broad and lets go of the fine, so all looks "
            "soft. And inside a cloud an image changes along straight lines: an edge "
            "cannot move, only fade out here and in there, which leaves ghosts.",
            "So it is no rival to a neural network, but the measure of one: whatever "
            "trains for longer than this has to draw better than this.",
        ],
        facts=[
            Fact(
                seconds(largest.fit_time),
                f"from {n:,} {largest.collection.name} to a generator: PCA and "
                f"{k} Gaussians",
            ),
            Fact(rate(rates[-1]), "new images a second"),
        ],
        tables=[_table(generators, rates)],
        pictures=[
            _curves(generators),
            *sheets,
            *map(_means, generators),
        ],
    )


def _sample(generator: Generator) -> tuple[Picture, float]:
    """Return new images beside real ones, and how many are made in a second."""
    name, real = generator.collection.name, generator.collection.images
    start = time.perf_counter()
    sampled = generator.sample(N_SAMPLED)
    images_per_second = N_SAMPLED / (time.perf_counter() - start)
    n = min(N_SHOWN, len(real))
    choice = np.random.default_rng(0)
    sheets = {
        "Real": choice.choice(real, n, replace=False),
        "Sampled from the mixture": choice.choice(sampled, n, replace=False),
    }
    picture = Picture(
        f"sampled-{name}",
        side_by_side(sheets),
        caption=f"On the left {n} of the {len(real):,} {name}, on the right {n} that "
        "the mixture made, all drawn at random and none picked by hand.",
        alt=f"Two sheets of {n} {name} each: real ones, and sampled ones that have "
        "the same outlines but are softer, with some ghosts among them.",
    )
    return picture, images_per_second


def _means(generator: Generator) -> Picture:
    means, weights = generator.means()
    n = min(N_MEANS, len(means))
    name = generator.collection.name
    which = f"all {n}" if n == len(means) else f"the {n} heaviest of {len(means)}"
    return Picture(
        f"mixture-{name}",
        image_sheet(
            means[:n],
            titles=[percent(weight) for weight in weights[:n]],
            columns=math.ceil(n / 2),
        ),
        caption=f"The centres of {which} clouds of {name}, each with its share of the "
        f"images; together {percent(weights[:n].sum())}.",
        alt=f"{n} average {name}, each typical of a kind that the mixture found, from "
        f"{percent(weights[0])} down to {percent(weights[n - 1])} of the images.",
    )


def _curves(generators: list[Generator]) -> Picture:
    runs = {g.collection.name.capitalize(): g.mixture.lower_bounds_ for g in generators}
    in_words = (
        f"{name} from {bounds[0]:.3g} to {bounds[-1]:.3g} in {len(bounds)} iterations"
        for name, bounds in runs.items()
    )
    return Picture(
        "mixture-fit",
        convergence(runs, quantity="log-likelihood per image"),
        caption="How well the mixture explains the images, after each iteration of "
        "EM: it never gets worse, and most is won in the first few. The scales cannot "
        "be compared, since the collections have different numbers of directions.",
        alt=f"Curves that rise and flatten: {'; '.join(in_words)}.",
    )


def _table(generators: list[Generator], rates: tuple[float, ...]) -> Table:
    return Table(
        "What each generator is made of, and what it costs",
        ["Images", "Directions", "Variance kept", "Gaussians", "Fit", "New a second"],
        [
            [
                f"{len(g.collection.images):,} {g.collection.name}",
                f"{g.pca.n_components_} of {g.pca.n_features_in_}",
                percent(g.pca.explained_variance_ratio_.sum()),
                str(g.mixture.n_components),
                seconds(g.fit_time),
                rate(images_per_second),
            ]
            for g, images_per_second in zip(generators, rates, strict=True)
        ],
        emphasised="Fit",
    )
