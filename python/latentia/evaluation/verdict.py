"""The verdict of an evaluation: good, weak or failed, and the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

Grade = Literal["good", "weak", "failed"]

ALIKE = 0.1, 0.5
"""Fréchet distance above that of real images, divided by the total variance of real
features; the average image is at about 1. Weak from the first, failed from the second.
"""

REACHED = 0.5, 0.15
"""Coverage divided by that of real images: weak below the first, failed below the
second."""

_COPIES = 0.05, 0.25
_OBEYED = 0.8, 0.5
_DENSE = 0.8
"""Density divided by that of real images. Low coverage at this density or more means
mode collapse."""


@dataclass(frozen=True)
class Verdict:
    """A grade and the reasons for it.

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
    """Grade a Fréchet distance relative to that of the average image."""
    above = max(distance - floor, 0.0)
    if above == 0:  # also of images that are all the same
        return "good"
    weak, failed = (share * total_variance for share in ALIKE)
    return "failed" if above >= failed else "weak" if above >= weak else "good"


def of_coverage(
    coverage: float, coverage_floor: float, density: float, density_floor: float
) -> tuple[Grade, str] | None:
    """Grade coverage where it is low: mode collapse, if density is high."""
    weak, failed = (share * coverage_floor for share in REACHED)
    if coverage >= weak:
        return None
    reason = (
        f"only {_percent(coverage)} of the real images have a generated image nearby "
        f"({_percent(coverage_floor)} have another real image nearby)"
    )
    if density >= _DENSE * density_floor:
        reason = f"mode collapse: the generated images vary too little, {reason}"
    return ("failed" if coverage < failed else "weak"), reason


def of_copies(share: float, floor: float, n: int) -> tuple[Grade, str] | None:
    """Grade the share of suspected copies where it is larger than by chance.

    ``floor`` is the share by chance, a percentile of n distances: at least 1/(n + 1).
    """
    expected = max(floor, 1 / (n + 1))
    weak, failed = _COPIES
    if share < max(weak, expected + 3 * sqrt(expected * (1 - expected) / n)):
        return None
    reason = (
        f"copies: {_percent(share)} of the generated images are suspiciously close "
    )
    return ("failed" if share >= failed else "weak"), reason + "to a training image"


def of_classes(accuracy: float, floor: float | None) -> tuple[Grade, str] | None:
    """Grade the share of images that show the requested class."""
    best = 1.0 if floor is None else floor
    weak, failed = (share * best for share in _OBEYED)
    if accuracy >= weak:
        return None
    reason = f"only {_percent(accuracy)} of the generated images show the requested "
    return ("failed" if accuracy < failed else "weak"), reason + "class"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"
