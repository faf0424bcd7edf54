"""Directions along which images change: what the generator's own matrices say."""

from __future__ import annotations

from typing import Any

import numpy as np

from latentia.evaluation.verdict import Grade, Verdict, worst
from latentia.plots import (
    Fact,
    Picture,
    Section,
    Table,
    image_sheet,
    percent,
    times,
    walk_sheet,
)
from latentia.report.pictures import opaque
from latentia.report.subject import Subject
from latentia.report.verdicts import in_bold

N_DIRECTIONS = 8
N_WALKS = 4
N_STEPS = 9
SPAN = 2.0
N_BETWEEN = 10
N_WAYS = 3

DISTINCT = 1.5, 2.0
"""Effect over a random direction's: below the first it failed, the second weak."""

_METHODS = {"SeFa": "sefa", "GANSpace": "ganspace"}


def section_directions(subject: Subject) -> Section:
    """Walk along directions that change an image, and from one image to another."""
    from latentia.generative import latent_directions

    found = {
        title: latent_directions(
            subject.model, method, n_directions=N_DIRECTIONS, seed=subject.seed
        )
        for title, method in _METHODS.items()
    }
    sefa = found["SeFa"]
    verdict = _verdict(sefa, subject)
    facts = []
    if sefa.random_effect > 0:
        label = "as much change as along a random direction"
        facts = [Fact(times(_ratio(sefa)), label)]
    meaningful = verdict.grade == "good"
    return Section(
        "Directions that mean something" if meaningful else "Directions of the codes",
        verdict=in_bold(verdict),
        prose=[
            "A generator’s first layer is a matrix, and a matrix has a singular value "
            "decomposition: directions of the code that it stretches most come first. "
            "SeFa takes these, in closed form and without a single image. GANSpace "
            "watches instead what the first layers do with many codes and takes the "
            "principal components of that. Nobody said what the directions should "
            "mean; what they do is for the eye to find out.",
            "A step is one σ, the standard deviation of the codes. The effect of a "
            "direction is how much a pixel changes for one step, on average, in levels "
            "of 255.",
        ],
        facts=facts,
        tables=[_effects(found)],
        pictures=[_walks(sefa, subject), _between(subject)],
    )


def _ratio(directions: Any) -> float:
    """Return the first direction's effect, over that of random directions."""
    return float(directions.effects[0] / directions.random_effect)


def _verdict(directions: Any, subject: Subject) -> Verdict:
    """Grade directions by their effect, and by the images that they change."""
    if not directions.random_effect > 0:
        return worst(("failed", "no direction changes the images"))
    ratio = _ratio(directions)
    weak, good = DISTINCT
    grade: Grade = "failed" if ratio < weak else "weak" if ratio < good else "good"
    reason = (
        f"the first direction changes an image {times(ratio)} as much as a random "
        "direction does"
    )
    found: list[tuple[Grade, str]] = [(grade, reason)]
    if subject.verdict is not None and subject.verdict.grade == "failed":
        reason = "the images are not like real ones, so a change of them means little"
        found.append(("failed", reason))
    return worst(*found)


def _walks(directions: Any, subject: Subject) -> Picture:
    n = min(N_WALKS, len(directions.directions))
    walks = [
        opaque(directions.walk(subject.seed, i, steps=N_STEPS, span=SPAN))
        for i in range(n)
    ]
    return Picture(
        "walks",
        walk_sheet(
            np.stack(walks),
            titles=[
                f"Direction {i}: {effect:.1f} levels per σ"
                for i, effect in enumerate(directions.effects[:n])
            ],
            span=SPAN,
        ),
        caption=f"One image, in the middle of every row, changed along the {n} SeFa "
        "directions of the most effect.",
        alt=f"{n} rows of {N_STEPS} images each. All rows have the same image in the "
        "middle; towards both ends it changes step by step, in each row in another "
        "way.",
    )


def _between(subject: Subject) -> Picture:
    from latentia.generative import interpolate

    first = range(subject.seed, subject.seed + 2 * N_WAYS, 2)
    ways = [interpolate(subject.model, a, a + 1, N_BETWEEN) for a in first]
    return Picture(
        "between",
        image_sheet(opaque(np.concatenate(ways)), columns=N_BETWEEN),
        caption="From one image to another in even steps through the space of codes. "
        "The first and the last of a row are drawn at random; all between are on the "
        "way.",
        alt=f"{N_WAYS} rows of {N_BETWEEN} images each in which the first turns into "
        "the last.",
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
        "What directions change, in levels of 255 per σ, and how much of the variance "
        "inside the generator each explains",
        ["Direction", "SeFa", "explains", "GANSpace", "explains"],
        rows,
    )
