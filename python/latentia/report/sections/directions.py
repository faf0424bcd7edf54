"""Latent directions: traversals along them, and interpolations between codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from latentia._number_format import percent, times
from latentia.evaluation.verdict import Grade, Verdict, worst
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import image_grid, traversal_grid
from latentia.report.opaque import opaque
from latentia.report.reported_model import ReportedModel
from latentia.report.verdict_sentence import verdict_sentence

N_DIRECTIONS = 8
N_TRAVERSALS = 4
N_STEPS = 9
SPAN = 2.0
N_INTERPOLATED = 10
N_INTERPOLATIONS = 3

DISTINCT = 1.5, 2.0
"""Effect divided by that of a random direction: failed below the first, weak below
the second."""

_METHODS = {"SeFa": "sefa", "GANSpace": "ganspace"}


def section_directions(reported: ReportedModel) -> Section:
    """Show traversals along latent directions, and interpolations between codes."""
    from latentia.generative import latent_directions

    found = {
        title: latent_directions(
            reported.model, method, n_directions=N_DIRECTIONS, seed=reported.seed
        )
        for title, method in _METHODS.items()
    }
    sefa = found["SeFa"]
    weak, good = DISTINCT
    verdict = direction_verdict(sefa, reported)
    facts = []
    if sefa.random_effect > 0:
        label = "the effect of a random direction, for the first SeFa direction"
        facts = [Fact(times(_ratio(sefa)), label)]
    return Section(
        "Latent directions",
        verdict=verdict_sentence(verdict),
        prose=[
            "A latent direction is a direction in the space of codes along which the "
            "image changes. SeFa takes the right singular vectors of the generator’s "
            "first weight matrix; it needs no images. GANSpace takes the principal "
            "components of the activations of the first layers for many codes. Neither "
            "uses labels, so what a direction changes has to be judged by eye.",
            "The effect of a direction is the mean absolute change of a pixel, in grey "
            "levels of 0..255, for a step of one standard deviation σ of the codes. A "
            f"useful direction has at least {good:g} times the effect of a random one; "
            f"below {weak:g} times it is no better than a random direction.",
        ],
        facts=facts,
        tables=[_effects(found)],
        pictures=[_traversals(sefa, reported), _interpolations(reported)],
    )


def _ratio(directions: Any) -> float:
    """Return the first direction's effect divided by that of random directions."""
    return float(directions.effects[0] / directions.random_effect)


def direction_verdict(directions: Any, reported: ReportedModel) -> Verdict:
    """Grade directions by their effect, and by the quality of the images."""
    if not directions.random_effect > 0:
        return worst(("failed", "no direction changes the images"))
    ratio = _ratio(directions)
    weak, good = DISTINCT
    grade: Grade = "failed" if ratio < weak else "weak" if ratio < good else "good"
    reason = (
        f"the first direction changes an image {times(ratio)} as much as a random "
        "direction"
    )
    found: list[tuple[Grade, str]] = [(grade, reason)]
    if reported.verdict is not None and reported.verdict.grade == "failed":
        reason = "the generated images are too far from real ones to judge directions"
        found.append(("failed", reason))
    return worst(*found)


def _traversals(directions: Any, reported: ReportedModel) -> Picture:
    n = min(N_TRAVERSALS, len(directions.directions))
    traversals = [
        opaque(directions.walk(reported.seed, i, steps=N_STEPS, span=SPAN))
        for i in range(n)
    ]
    return Picture(
        "traversals",
        traversal_grid(
            np.stack(traversals),
            titles=[
                f"SeFa direction {i}: {effect:.1f} grey levels per σ"
                for i, effect in enumerate(directions.effects[:n])
            ],
            span=SPAN,
        ),
        caption=f"Latent traversals along the {n} SeFa directions with the largest "
        "effect. The middle image is the same in all rows.",
        alt=f"{n} rows of {N_STEPS} images each. The middle image is the same in all "
        "rows; towards both ends it changes step by step, differently in each row.",
    )


def _interpolations(reported: ReportedModel) -> Picture:
    from latentia.generative import interpolate

    first = range(reported.seed, reported.seed + 2 * N_INTERPOLATIONS, 2)
    images = [interpolate(reported.model, a, a + 1, N_INTERPOLATED) for a in first]
    return Picture(
        "interpolation",
        image_grid(opaque(np.concatenate(images)), columns=N_INTERPOLATED),
        caption="Interpolation between two random codes in equal steps: the first and "
        "the last image of a row are random samples.",
        alt=f"{N_INTERPOLATIONS} rows of {N_INTERPOLATED} images each in which the "
        "first changes gradually into the last.",
    )


def _effects(found: dict[str, Any]) -> Table:
    n = min(len(d.effects) for d in found.values())
    rows = [
        [
            str(i),
            *(
                text
                for d in found.values()
                for text in (
                    f"{d.effects[i]:.2f}",
                    percent(d.variance_explained[i]),
                )
            ),
        ]
        for i in range(n)
    ]
    random = [f"{d.random_effect:.2f}" for d in found.values()]
    rows.append(["random", random[0], "", random[1], ""])
    return Table(
        "Effect of each direction in grey levels per σ, and the share of the variance "
        "of the layer that it explains; “random” is the mean of random directions",
        [
            "Direction",
            "SeFa: effect",
            "Explained variance",
            "GANSpace: effect",
            "Explained variance",
        ],
        rows,
    )
