"""What scores amount to: good, weak or failed, and why."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

Grade = Literal["good", "weak", "failed"]

ALIKE = 0.1, 0.5
"""Fréchet distance above the floor, as a share of the total variance of real features:
one average image is at about 1. From the first on it is weak, from the second failed.
"""

REACHED = 0.5, 0.15
"""Coverage as a share of the floor: below the first it is weak, the second failed."""

_COPIES = 0.05, 0.25
_OBEYED = 0.8, 0.5
_DENSE = 0.8
"""Density, as a share of the floor, that does not explain a low coverage: collapse."""


@dataclass(frozen=True)
class Verdict:
    """A grade and what it is given for.

    Attributes
    ----------
    grade : {"good", "weak", "failed"}
    reasons : tuple of str
        Sentences without capital and full stop.
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


def of_distance(distance: float, floor: float, total_variance: float) -> Grade:
    """Grade a Fréchet distance by what one average image would get."""
    above = max(distance - floor, 0.0)
    weak, failed = (share * total_variance for share in ALIKE)
    return "failed" if above >= failed else "weak" if above >= weak else "good"


def of_coverage(
    coverage: float, coverage_floor: float, density: float, density_floor: float
) -> tuple[Grade, str] | None:
    """Grade coverage where it is low: a collapse, if samples lie among real ones."""
    weak, failed = (share * coverage_floor for share in REACHED)
    if coverage >= weak:
        return None
    reason = (
        f"only {_percent(coverage)} of the real images have a generated one near "
        f"them ({_percent(coverage_floor)} have another real one)"
    )
    if density >= _DENSE * density_floor:
        reason = f"collapse: the generated images are too much alike, {reason}"
    return ("failed" if coverage < failed else "weak"), reason


def of_copies(share: float, floor: float, n: int) -> tuple[Grade, str] | None:
    """Grade the share of suspected copies where it is more than chance gives.

    The floor is a percentile of n distances: below 1/n it is that of the least.
    """
    expected = max(floor, 1 / (n + 1))
    weak, failed = _COPIES
    if share < max(weak, expected + 3 * sqrt(expected * (1 - expected) / n)):
        return None
    reason = f"copies: {_percent(share)} of the images are suspiciously near to one of "
    return ("failed" if share >= failed else "weak"), reason + "the training"


def of_classes(accuracy: float, floor: float | None) -> tuple[Grade, str] | None:
    """Grade the share of images that show the class they were asked for."""
    best = 1.0 if floor is None else floor
    weak, failed = (share * best for share in _OBEYED)
    if accuracy >= weak:
        return None
    reason = f"only {_percent(accuracy)} of the images show the class they were asked "
    return ("failed" if accuracy < failed else "weak"), reason + "for"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"
