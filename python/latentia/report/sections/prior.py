"""The prior of the codes: one Gaussian against a fitted Gaussian mixture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentia._number_format import percent
from latentia.evaluation import frechet_distance
from latentia.evaluation.verdict import Grade, Verdict, of_distance, worst
from latentia.generative.latent.noise import normal
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import image_grid, side_by_side
from latentia.report.opaque import opaque
from latentia.report.reported_model import Images, ReportedModel
from latentia.report.sections.samples import by_class
from latentia.report.verdict_sentence import verdict_sentence

N_SHOWN = 24
N_MEANS = 20
N_EXTREME = 18

SAME = 0.05
"""Relative differences up to this size are not counted as better or worse."""


@dataclass(frozen=True, eq=False)
class PriorComparison:
    """Images decoded from two priors: a single Gaussian and a Gaussian mixture.

    Attributes
    ----------
    plain : str
        Name of the single Gaussian.
    images : dict of str to ndarray
        Real images, and the images of each prior.
    distances : dict of str to float
        Fréchet distances to real images: of both priors and of other real images.
    n : int
        Number of images in each of the sets that are compared.
    total_variance : float
        Of the features of real images: about the Fréchet distance of a model that
        always generates the average image.
    """

    plain: str
    images: dict[str, Images]
    distances: dict[str, float]
    n: int
    total_variance: float

    @classmethod
    def of(cls, reported: ReportedModel) -> PriorComparison:
        """Sample from both priors, and compare the images with real ones."""
        unseen, n = reported.unseen, reported.n_compared
        shuffled = np.random.default_rng(reported.seed).permutation
        rows = reported.choose(2 * n)
        real, others = reported.images[rows[:n]], reported.images[rows[n:]]
        if reported.kind == "VAE":
            # The prior that the VAE was trained with.
            plain, model = "N(0, I)", reported.model
            images = model.decode(normal(reported.seed, n, model.latent_dim_))
        else:
            plain = "Single Gaussian"
            images = reported.fit_mixture(1).sample(n, seed=reported.seed)
        sides = {
            plain: images,
            "Mixture": reported.mixture.sample(n, seed=reported.seed),
            "Real images": others if unseen is None else shuffled(unseen)[:n],
        }
        reference = reported.space(real)
        return cls(
            plain,
            {"Real": real, plain: sides[plain], "Mixture": sides["Mixture"]},
            {
                title: frechet_distance(reference, reported.space(images))
                for title, images in sides.items()
            },
            n,
            float(np.var(reference, axis=0, ddof=1, dtype=np.float64).sum()),
        )

    @property
    def gain(self) -> float:
        """Relative reduction of the Fréchet distance by the mixture."""
        plain = self.distances[self.plain]
        return 1 - self.distances["Mixture"] / plain if plain else 0.0

    @property
    def verdict(self) -> Verdict:
        """Grade the mixture by both priors' distances and that of the average image."""
        plain, mixture, real = self.distances.values()
        figures = f"(Fréchet distance {mixture:.3g} against {plain:.3g})"
        against, found = _inline(self.plain), list[tuple[Grade, str]]()
        if of_distance(mixture, real, self.total_variance) == "failed":
            found.append(
                (
                    "failed",
                    "the Fréchet distance of the mixture’s images is close to that of "
                    f"the average image ({mixture:.3g} against "
                    f"{self.total_variance:.3g})",
                )
            )
        if self.gain < -SAME:
            reason = f"the mixture gives worse images than {against} {figures}"
            found.append(("failed", reason))
        elif self.gain <= SAME:
            reason = f"the mixture gives no better images than {against} {figures}"
            found.append(("weak", reason))
        else:
            reason = f"the mixture gives better images than {against} {figures}"
            found.append(("good", reason))
        return worst(*found)


def section_prior(reported: ReportedModel) -> Section | None:
    """Compare a mixture with a single Gaussian as prior; None without an encoder.

    None for a private model too: a mixture would look at its images again.
    """
    if not reported.has_encoder or reported.model.privacy_ is not None:
        return None
    comparison, mixture = PriorComparison.of(reported), reported.mixture
    k = mixture.n_components_[0]
    n_encoded = len(reported.cached_encoder.images)
    facts = [Fact(str(k), "components of the Gaussian mixture")]
    if comparison.gain > 0:
        label = f"lower Fréchet distance than with {_inline(comparison.plain)}"
        facts.insert(0, Fact(percent(comparison.gain), label))
    return Section(
        "Prior of the codes",
        verdict=verdict_sentence(comparison.verdict),
        prose=[
            f"The {reported.kind} encodes an image as a code of "
            f"{reported.model.latent_dim_} numbers and decodes a code to an image. To "
            "generate images, codes are sampled from a prior distribution. The "
            f"simplest prior is a single Gaussian. {_argument(comparison)}",
            f"Here a Gaussian mixture is fitted to the codes of {n_encoded:,} "
            f"{reported.name}, with the number of components that held-out codes are "
            "likeliest under. The model's own samples are drawn from a mixture that "
            "usually has more. Both priors use the same decoder, which is not trained "
            "again.",
            _in_words(mixture),
            "The mixture also gives the likelihood of each image’s code. Images of "
            "low likelihood are rare or unusual, or do not belong to the data set.",
        ],
        facts=facts,
        tables=[_distances(comparison), *_held_out(mixture)],
        pictures=[
            _images_of_priors(comparison, reported),
            _means(mixture, reported),
            _extremes(mixture, reported),
            *_by_class(reported),
        ],
    )


def _argument(comparison: PriorComparison) -> str:
    """Say why a mixture is better, or why it is not, by the measured distances."""
    if comparison.gain > SAME:
        return (
            "The codes form several clusters, and a code between two clusters decodes "
            "to an image that belongs to neither; a mixture samples fewer of these."
        )
    return (
        "A mixture gives better images where the codes form clusters. Here it does "
        "not: the codes form no clusters, or the decoder is not trained well enough."
    )


def _in_words(mixture: Any) -> str:
    tried = mixture.held_out_[0]
    if not tried:
        return (
            "There are too few images for more than one component: at least ten per "
            "dimension and component are required, to avoid overfitting."
        )
    return (
        "The number of components is chosen by the log-likelihood of held-out codes, a "
        "tenth of all: it is doubled as long as this log-likelihood increases."
    )


def _distances(comparison: PriorComparison) -> Table:
    rows = [[title, f"{value:.4g}"] for title, value in comparison.distances.items()]
    return Table(
        f"Fréchet distance of {comparison.n:,} images to {comparison.n:,} real ones in "
        "features of random convolutions; lower is better, and other real images have "
        "the distance in the last row",
        ["Prior", "Fréchet distance"],
        rows,
        emphasised="Fréchet distance",
    )


def _held_out(mixture: Any) -> list[Table]:
    tried = mixture.held_out_[0]
    if not tried:
        return []
    return [
        Table(
            "Mean log-likelihood of held-out codes in nats (higher is better)",
            ["Components", "Log-likelihood", "Selected"],
            [
                [str(k), f"{value:.2f}".replace("-", "−"), _mark(k, mixture)]
                for k, value in tried.items()
            ],
            emphasised="Log-likelihood",
        )
    ]


def _mark(k: int, mixture: Any) -> str:
    return "yes" if k == mixture.n_components_[0] else ""


def _images_of_priors(comparison: PriorComparison, reported: ReportedModel) -> Picture:
    n = min(N_SHOWN, comparison.n)
    plain, mixed, real = comparison.distances.values()
    return Picture(
        "prior",
        side_by_side(
            {title: opaque(images[:n]) for title, images in comparison.images.items()},
            columns=4,
        ),
        caption=f"{n} real {reported.name}, and the first {n} decoded from codes of "
        f"{_inline(comparison.plain)} and of the mixture. Fréchet distance to real "
        f"images: {plain:.3g} and {mixed:.3g}; of other real images {real:.3g}.",
        alt=f"Three grids of {n} {reported.name}: real ones, ones decoded from codes "
        f"of {_inline(comparison.plain)}, and ones from codes of the mixture.",
    )


def _means(mixture: Any, reported: ReportedModel) -> Picture:
    means, weights = mixture.component_images(), mixture.component_weights()
    n = min(N_MEANS, len(means))
    which = f"all {n}" if n == len(means) else f"the {n} largest of {len(means)}"
    return Picture(
        "prior-means",
        image_grid(
            opaque(means[:n]),
            titles=[percent(weight) for weight in weights[:n]],
            columns=min(10, max(5, math.ceil(n / 2))),
        ),
        caption=f"Decoded means of {which} components of the mixture, each with its "
        "weight.",
        alt=f"{n} typical {reported.name}, with weights from {percent(weights[0])} "
        f"down to {percent(weights[n - 1])}.",
    )


def _extremes(mixture: Any, reported: ReportedModel) -> Picture:
    images = reported.cached_encoder.images
    order = np.argsort(-mixture.score_samples(images), kind="stable")
    n = min(N_EXTREME, len(order) // 2)
    return Picture(
        "prior-extremes",
        side_by_side(
            {
                "Highest likelihood": opaque(images[order[:n]]),
                "Lowest likelihood": opaque(images[order[: -n - 1 : -1]]),
            }
        ),
        caption=f"Of {len(order):,} real {reported.name}, the {n} whose codes have the "
        f"highest likelihood under the mixture, and the {n} with the lowest, the "
        "lowest first. The former are often of one class: the one that varies least.",
        alt=f"Two grids of {n} real {reported.name} each: typical ones and rare ones.",
    )


def _by_class(reported: ReportedModel) -> list[Picture]:
    if reported.labels is None or len(np.unique(reported.labels)) < 2:
        return []
    mixture = reported.fit_mixture("auto", by_class=True)
    return [by_class(reported, mixture, "prior-by-class")]


def _inline(title: str) -> str:
    """Return the name of a prior as it stands within a sentence."""
    return "a single Gaussian" if title == "Single Gaussian" else title
