"""Who meets whom in the same minutes, and what latentia has to reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from latentia.benchmarks.generative.contestants import EXAMPLE, ONE_GAUSSIAN
from latentia.benchmarks.generative.judging import ACCURACY, COVERAGE, ELBO, FRECHET
from latentia.benchmarks.results import LATENTIA, Bar, Quantity, Size

SECONDS: dict[Size, float] = {"small": 20, "full": 600}
"""How long each contestant trains."""

_DIFFERENCES = {ACCURACY: (100, "points"), ELBO: (1, "nats")}
"""Measures that are subtracted, times what and in which unit; others are divided."""


class Comparison(NamedTuple):
    """A measure of latentia's beside that of another method, and its bar."""

    measure: str
    other: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class Case:
    """Contestants that train one after another, each for the same time.

    Those that know classes are asked for them in turn.
    """

    name: str
    contestants: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    knows_classes: bool = False


CASES = (
    Case(
        "conditional GAN",
        ("conditional GAN", "conditional DCGAN example"),
        (
            Comparison(FRECHET, EXAMPLE, Bar("≤", 1 / 3)),
            Comparison(COVERAGE, EXAMPLE, Bar("≥", 1.5)),
            Comparison(ACCURACY, EXAMPLE, Bar("≥", 8)),
        ),
        knows_classes=True,
    ),
    Case(
        "RAE",
        ("RAE", "MLP VAE example"),
        (
            Comparison(FRECHET, EXAMPLE, Bar("≤", 0.4)),
            Comparison(FRECHET, ONE_GAUSSIAN, Bar("≤", 0.55)),
        ),
    ),
    Case(
        "VAE",
        ("VAE", "MLP VAE example"),
        (
            Comparison(FRECHET, EXAMPLE, Bar("≤", 1)),
            Comparison(ELBO, EXAMPLE, Bar("≥", 0)),
        ),
    ),
)


def compare(
    case: Case, size: Size, measures: Mapping[str, Mapping[str, Quantity]]
) -> dict[str, Quantity]:
    """Set latentia's measures in relation to those of others.

    Parameters
    ----------
    case : Case
    size : {"small", "full"}
        The small one has no bars: its times are too short for any.
    measures : mapping of str to mapping of str to Quantity
        Of each method.

    Returns
    -------
    dict of str to Quantity
        No ratio to 0, which is a coverage after very few steps.
    """
    found = {}
    for measure, other, bar in case.comparisons:
        ours, theirs = (measures[who][measure].value for who in (LATENTIA, other))
        if measure in _DIFFERENCES:
            factor, unit = _DIFFERENCES[measure]
            relation, value = "above", factor * (ours - theirs)
        elif theirs:
            relation, value, unit = "over", ours / theirs, "×"
        else:
            continue
        name = f"{case.name}: {measure} {relation} that of {other}"
        found[name] = Quantity(value, unit, bar if size == "full" else None)
    return found
