"""The ROC curve of a membership attack: area, rates at small false positive rates.

A record with a higher score is more likely to be a member. Members that share their
score with a non-member at the threshold do not count as found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Scores = NDArray[np.float64]

_LEAST = 1e-9


@dataclass(frozen=True)
class Interval:
    """An estimate and its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RateAtFPR:
    """Share of the members that are found at a small false positive rate.

    Attributes
    ----------
    fpr : float
        Largest share of non-members that may be taken for members.
    tpr : Interval
        Share of members that are found at that threshold.
    reached : Interval
        The false positive rate at the threshold, as far as the non-members tell it.
    """

    fpr: float
    tpr: Interval
    reached: Interval


def clopper_pearson(k: int, n: int, confidence: float) -> Interval:
    """Return the share k/n and its exact two-sided interval.

    Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 26,
    1934.
    """
    if n == 0:
        return Interval(float("nan"), 0.0, 1.0)
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else float(stats.beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(stats.beta.isf(tail, k + 1, n - k))
    return Interval(k / n, low, high)


def area(members: Scores, others: Scores, confidence: float) -> Interval:
    """Return the area under the ROC curve, P(member > other) + ½ P(equal).

    The interval holds all areas θ with |θ − found| ≤ z·√V(θ) for the variance V of
    Hanley and McNeil, which is not empty at 0 and 1: Newcombe, "Confidence intervals
    for an effect size measure based on the Mann–Whitney statistic", Statistics in
    Medicine 25, 2006, method 5.
    """
    n1, n0 = len(members), len(others)
    ranks = stats.rankdata(np.concatenate([members, others]))
    found = (ranks[:n1].sum() - n1 * (n1 + 1) / 2) / (n1 * n0)
    z = stats.norm.isf((1 - confidence) / 2)
    rest = (n1 + n0) / 2 - 1

    def outside(theta: float) -> float:
        spread = 1 + rest * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        variance = theta * (1 - theta) * spread / (n1 * n0)
        return float((theta - found) ** 2 - z**2 * variance)

    # `outside` is negative at `found` and, next to 0 and 1, positive on its other side.
    inside = min(max(found, _LEAST), 1 - _LEAST)
    low = 0.0 if found <= 0 else optimize.brentq(outside, _LEAST / 2, inside)
    high = 1.0 if found >= 1 else optimize.brentq(outside, inside, 1 - _LEAST / 2)
    return Interval(float(found), float(low), float(high))


def rate_at(
    members: Scores, others: Scores, fpr: float, confidence: float
) -> RateAtFPR | None:
    """Return the share of members above the threshold of a false positive rate.

    None with fewer than 1/fpr non-members, which cannot tell such a rate from 0.
    """
    n0 = len(others)
    allowed = int(np.floor(fpr * n0 * (1 + 1e-12)))
    if allowed < 1:
        return None
    threshold = np.partition(others, n0 - 1 - allowed)[n0 - 1 - allowed]
    found = int((members > threshold).sum())
    wrong = int((others > threshold).sum())
    return RateAtFPR(
        fpr,
        clopper_pearson(found, len(members), confidence),
        clopper_pearson(wrong, n0, confidence),
    )
