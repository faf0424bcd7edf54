"""What draws the codes: one Gaussian, or a mixture of them fitted to real codes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentia.evaluation import frechet_distance
from latentia.evaluation.verdict import Grade, Verdict, of_distance, worst
from latentia.plots import (
    Fact,
    Picture,
    Section,
    Table,
    image_sheet,
    percent,
    side_by_side,
)
from latentia.report.pictures import opaque
from latentia.report.sections.samples import by_class
from latentia.report.subject import Images, Subject
from latentia.report.verdicts import in_bold

N_SHOWN = 24
N_MEANS = 20
N_EXTREME = 18

SAME = 0.05
"""Gain, either way, that says nothing."""


@dataclass(frozen=True, eq=False)
class Contest:
    """Images of codes that one Gaussian draws, and of codes that a mixture draws.

    Attributes
    ----------
    plain : str
        What the one Gaussian is.
    sheets : dict of str to ndarray
        Real images, and those of either.
    distances : dict of str to float
        Fréchet distances of both, and of other real images.
    n : int
        Images of a side that these compare.
    total_variance : float
        Of the features of real images.
    """

    plain: str
    sheets: dict[str, Images]
    distances: dict[str, float]
    n: int
    total_variance: float

    @classmethod
    def of(cls, subject: Subject) -> Contest:
        """Let both draw, and compare what they drew with real images."""
        unseen, n = subject.unseen, subject.n_compared
        shuffled = np.random.default_rng(subject.seed).permutation
        rows = subject.choose(2 * n)
        real, others = subject.images[rows[:n]], subject.images[rows[n:]]
        if subject.kind == "VAE":
            # The prior that a VAE was trained for.
            plain, sampler = "N(0, I)", subject.model
        else:
            plain, sampler = "One Gaussian", subject.fit_mixture(1)
        sides = {
            plain: sampler.sample(n, seed=subject.seed),
            "Mixture": subject.mixture.sample(n, seed=subject.seed),
            "Real images": others if unseen is None else shuffled(unseen)[:n],
        }
        reference = subject.space(real)
        return cls(
            plain,
            {"Real": real, plain: sides[plain], "Mixture": sides["Mixture"]},
            {
                title: frechet_distance(reference, subject.space(images))
                for title, images in sides.items()
            },
            n,
            float(np.var(reference, axis=0, ddof=1, dtype=np.float64).sum()),
        )

    @property
    def gain(self) -> float:
        """By which share the mixture's distance is less."""
        plain = self.distances[self.plain]
        return 1 - self.distances["Mixture"] / plain if plain else 0.0

    @property
    def verdict(self) -> Verdict:
        """Whether the mixture draws better codes, and codes of real images."""
        plain, mixture, floor = self.distances.values()
        figures = f"(Fréchet distance {mixture:.3g} against {plain:.3g})"
        against, found = _inline(self.plain), list[tuple[Grade, str]]()
        if of_distance(mixture, floor, self.total_variance) == "failed":
            found.append(
                (
                    "failed",
                    "the images of the mixture are about as far from real ones as one "
                    f"average image is ({mixture:.3g} against "
                    f"{self.total_variance:.3g})",
                )
            )
        if self.gain < -SAME:
            reason = f"the mixture draws worse images than {against} {figures}"
            found.append(("failed", reason))
        elif self.gain <= SAME:
            reason = f"the mixture draws no better images than {against} {figures}"
            found.append(("weak", reason))
        else:
            reason = f"the mixture draws better images than {against} {figures}"
            found.append(("good", reason))
        return worst(*found)


def section_prior(subject: Subject) -> Section | None:
    """Hold a mixture on the codes against one Gaussian; None without an encoder."""
    if not subject.has_encoder:
        return None
    contest, mixture = Contest.of(subject), subject.mixture
    k = mixture.n_components_[0]
    n_encoded = len(subject.coded.images)
    facts = [Fact(str(k), "Gaussians describe the codes")]
    if contest.gain > 0:
        label = f"less Fréchet distance than with {_inline(contest.plain)}"
        facts.insert(0, Fact(percent(contest.gain), label))
    return Section(
        "Where the codes lie",
        verdict=in_bold(contest.verdict),
        prose=[
            f"The {subject.kind} turns an image into a code, a point in a space of "
            f"{subject.model.latent_dim_} dimensions, and any point of it into an "
            "image. To make new images, something must say where the points are that "
            "stand for images. The plain answer is one round cloud, a single Gaussian. "
            f"{_argument(contest)}",
            f"So a mixture of Gaussians is fitted to the codes of {n_encoded:,} "
            f"{subject.name}: each Gaussian is a cloud with a place, a shape and a "
            "weight. The network is the same in both sheets and is not trained again.",
            _in_words(mixture),
            "What the mixture knows is a density too: it tells how usual an image is. "
            "What it finds least likely is rare, odd, or does not belong.",
        ],
        facts=facts,
        tables=[_distances(contest), *_held_out(mixture)],
        pictures=[
            _contest(contest, subject),
            _means(mixture, subject),
            _extremes(mixture, subject),
            *_by_class(subject),
        ],
    )


def _argument(contest: Contest) -> str:
    """Say what speaks for a mixture, as far as the distances bear it out."""
    if contest.gain > SAME:
        return (
            "But codes lie in many clouds, one for each kind of image, and a point "
            "between two clouds becomes an image that is neither."
        )
    return (
        "Where codes lie in many clouds, a mixture of Gaussians does better. Here it "
        "does not: the codes form no clouds, or the network has not yet learnt to "
        "turn them into images."
    )


def _in_words(mixture: Any) -> str:
    tried = mixture.held_out_[0]
    if not tried:
        return (
            "More than one Gaussian would need more images than these: ten for every "
            "dimension and Gaussian, lest they learn images by heart."
        )
    return (
        "How many there are is not chosen by eye: a tenth of the codes is held out, "
        "and the number of Gaussians is doubled as long as these become likelier."
    )


def _distances(contest: Contest) -> Table:
    rows = [[title, f"{value:.4g}"] for title, value in contest.distances.items()]
    return Table(
        f"Fréchet distance of {contest.n:,} images to as many real ones, by features "
        "of random convolutions",
        ["Codes drawn by", "Fréchet distance"],
        rows,
        emphasised="Fréchet distance",
    )


def _held_out(mixture: Any) -> list[Table]:
    tried = mixture.held_out_[0]
    if not tried:
        return []
    return [
        Table(
            "How likely held-out codes are: log-likelihood in nats, mean over codes",
            ["Gaussians", "Log-likelihood", "Choice"],
            [
                [str(k), f"{value:.2f}".replace("-", "−"), _mark(k, mixture)]
                for k, value in tried.items()
            ],
            emphasised="Log-likelihood",
        )
    ]


def _mark(k: int, mixture: Any) -> str:
    return "taken" if k == mixture.n_components_[0] else ""


def _contest(contest: Contest, subject: Subject) -> Picture:
    n = min(N_SHOWN, contest.n)
    plain, mixed, floor = contest.distances.values()
    return Picture(
        "prior",
        side_by_side(
            {title: opaque(images[:n]) for title, images in contest.sheets.items()},
            columns=4,
        ),
        caption=f"Real {subject.name}, and the first {n} that the same network makes "
        f"of codes from {_inline(contest.plain)} and from the mixture. Fréchet "
        f"distance to real images: {plain:.3g} and {mixed:.3g}; between real images "
        f"it is {floor:.3g}.",
        alt=f"Three sheets of {n} {subject.name}: real ones, ones of codes from "
        f"{_inline(contest.plain)} at a Fréchet distance of {plain:.3g}, and ones of "
        f"codes from the mixture at {mixed:.3g}.",
    )


def _means(mixture: Any, subject: Subject) -> Picture:
    means, weights = mixture.component_images(), mixture.component_weights()
    n = min(N_MEANS, len(means))
    which = f"all {n}" if n == len(means) else f"the {n} heaviest of {len(means)}"
    return Picture(
        "prior-means",
        image_sheet(
            opaque(means[:n]),
            titles=[percent(weight) for weight in weights[:n]],
            columns=min(10, max(5, math.ceil(n / 2))),
        ),
        caption=f"The centres of {which} Gaussians, drawn by the network, each with "
        f"its share of the {subject.name}.",
        alt=f"{n} typical {subject.name}, from {percent(weights[0])} down to "
        f"{percent(weights[n - 1])} of all.",
    )


def _extremes(mixture: Any, subject: Subject) -> Picture:
    images = subject.coded.images
    order = np.argsort(-mixture.score_samples(images), kind="stable")
    n = min(N_EXTREME, len(order) // 2)
    return Picture(
        "prior-extremes",
        side_by_side(
            {
                "Most usual": opaque(images[order[:n]]),
                "Strangest": opaque(images[order[: -n - 1 : -1]]),
            }
        ),
        caption=f"Of {len(order):,} real {subject.name}, the {n} whose codes are the "
        f"likeliest under the mixture, and the {n} least likely, the strangest first. "
        "The likeliest are often of one kind: the one whose images are most alike.",
        alt=f"Two sheets of {n} real {subject.name} each: plain, typical ones, and "
        "rare or odd ones.",
    )


def _by_class(subject: Subject) -> list[Picture]:
    if subject.labels is None or len(np.unique(subject.labels)) < 2:
        return []
    mixture = subject.fit_mixture("auto", by_class=True)
    return [by_class(subject, mixture, "prior-by-class")]


def _inline(title: str) -> str:
    """Return a title as it stands within a sentence."""
    return title[0].lower() + title[1:] if title.startswith("One") else title
