"""Verdicts on scores: good, weak or failed, with reasons."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

Grade = Literal["good", "weak", "failed"]

ALIKE = 0.1, 0.5
"""(Fréchet distance − that of real images) / total variance of real features. It is
about 1 for one average image. From the first value on it is weak, from the second
failed."""

REACHED = 0.5, 0.15
"""Coverage / coverage of real images: weak below the first value, failed below the
second."""

_COPIES = 0.05, 0.25
"""Share of suspected copies: weak from the first value on, failed from the second."""
_OBEYED = 0.8, 0.5
"""Conditional accuracy / that of real images: weak below the first value, failed below
the second."""
_DENSE = 0.8
"""Density / density of real images: from here on a small coverage is a collapse, as
samples lie among real images."""


@dataclass(frozen=True)
class Verdict:
    """A grade and its reasons.

    Attributes
    ----------
    grade : {"good", "weak", "failed"}
    reasons : tuple of str
        Sentences without capital letter and full stop.
    """

    grade: Grade
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.grade}: {'; '.join(self.reasons)}"


def worst(*found: tuple[Grade, str]) -> Verdict:
    """Return the worst grade, and all reasons for it."""
    order: tuple[Grade, ...] = ("failed", "weak", "good")
    grade = min((grade for grade, _ in found), key=order.index)
    return Verdict(grade, tuple(reason for given, reason in found if given == grade))


def of_distance(distance: float, reference: float, total_variance: float) -> Grade:
    """Grade a Fréchet distance between that of real images and of one average image."""
    above = max(distance - reference, 0.0)
    weak, failed = (share * total_variance for share in ALIKE)
    return "failed" if above >= failed else "weak" if above >= weak else "good"


def of_coverage(
    coverage: float, real_coverage: float, density: float, real_density: float
) -> tuple[Grade, str] | None:
    """Grade a small coverage; it is a collapse if samples lie among real images."""
    weak, failed = (share * real_coverage for share in REACHED)
    if coverage >= weak:
        return None
    reason = (
        f"only {_percent(coverage)} of the real images have a generated one near "
        f"them ({_percent(real_coverage)} have another real one)"
    )
    if density >= _DENSE * real_density:
        reason = f"collapse: the generated images are too similar, {reason}"
    return ("failed" if coverage < failed else "weak"), reason


def of_copies(share: float, by_chance: float, n: int) -> tuple[Grade, str] | None:
    """Grade the share of suspected copies if it is larger than expected by chance.

    ``by_chance`` is the level of a percentile of n distances; below 1/n this percentile
    is the smallest distance, and the expected share is 1/(n + 1).
    """
    expected = max(by_chance, 1 / (n + 1))
    weak, failed = _COPIES
    if share < max(weak, expected + 3 * sqrt(expected * (1 - expected) / n)):
        return None
    reason = f"copies: {_percent(share)} of the images are suspected copies of training"
    return ("failed" if share >= failed else "weak"), f"{reason} images"


def of_classes(accuracy: float, reference: float | None) -> tuple[Grade, str] | None:
    """Grade the share of images that show their requested class."""
    best = 1.0 if reference is None else reference
    weak, failed = (share * best for share in _OBEYED)
    if accuracy >= weak:
        return None
    reason = f"only {_percent(accuracy)} of the images show the requested class"
    return ("failed" if accuracy < failed else "weak"), reason


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"
