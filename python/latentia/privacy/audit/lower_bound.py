"""A lower bound of ε from the guesses about who was in one training.

m records were each in the training with probability q, independently. An (ε, 0)-private
training turns the odds q/(1 − q) of a record into at most e^ε times that, whatever is
known of the others. So among r guesses "was in", the number of right ones is dominated
by a binomial of r trials with probability

    p(ε) = q·e^ε / (q·e^ε + 1 − q),

and ε is refuted at confidence c if P[Binomial(r, p(ε)) ≥ right] ≤ 1 − c. With δ > 0
that probability grows by at most α·m·δ·max(1/q, 1/(1 − q)),

    α = max over i of P[right > Binomial ≥ right − i] / i.

Steinke, Nasr and Jagielski, "Privacy auditing with one (1) training run", NeurIPS 2023,
theorem 3.1 and appendix D, for q = ½. For guesses "was not in", q is 1 − q.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from latentia.privacy.audit.rates import Scores

MOST = 50.0
"""Largest bound that is looked for; no data set is large enough to reach it."""


@dataclass(frozen=True)
class Guess:
    """A rule that guesses the membership of records, and is silent on the others.

    Attributes
    ----------
    score : int
        Which score.
    side : {"member", "non-member"}
        What is guessed.
    threshold : float
        Of records with at least this score, or with at most this score for
        "non-member".
    """

    score: int
    side: Literal["member", "non-member"]
    threshold: float

    def count(self, members: Scores, others: Scores) -> tuple[int, int]:
        """Return the number of right guesses, and of all."""
        if self.side == "member":
            right = int((members >= self.threshold).sum())
            wrong = int((others >= self.threshold).sum())
        else:
            right = int((others <= self.threshold).sum())
            wrong = int((members <= self.threshold).sum())
        return right, right + wrong


def best_guess(
    members: list[Scores], others: list[Scores], confidence: float
) -> tuple[Guess, float]:
    """Return the rule with the largest bound for δ = 0, and that bound.

    Parameters
    ----------
    members, others : list of ndarray
        The values of every score.
    """
    found = []
    for index, (inside, outside) in enumerate(zip(members, others, strict=True)):
        share = len(inside) / (len(inside) + len(outside))
        cut, bound = _best_cut(inside, outside, share, confidence)
        found.append((bound, Guess(index, "member", cut)))
        # Low scores speak for non-members.
        cut, bound = _best_cut(-outside, -inside, 1 - share, confidence)
        found.append((bound, Guess(index, "non-member", -cut)))
    bound, guess = max(found, key=lambda pair: pair[0])
    return guess, max(bound, 0.0)


def epsilon_refuted(
    right: int,
    guesses: int,
    share: float,
    *,
    confidence: float,
    delta: float = 0.0,
    n_records: int = 0,
) -> float:
    """Return the largest ε ≥ 0 that the right guesses refute; 0 if none.

    Parameters
    ----------
    right, guesses : int
    share : float
        Probability q that a guess about a record is right if nothing is known.
    confidence : float
    delta : float, default=0.0
    n_records : int, default=0
        Number m of records that could have been guessed; only matters with delta.
    """
    if not guesses:
        return 0.0
    extra = n_records * delta * max(1 / share, 1 / (1 - share))

    def excess(epsilon: float) -> float:
        return _p_value(right, guesses, share, epsilon, extra) - (1 - confidence)

    if excess(0.0) > 0:
        return 0.0
    if excess(MOST) <= 0:
        return MOST
    low, high = 0.0, MOST
    for _ in range(60):  # on the safe side: `low` is refuted
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) <= 0 else (low, middle)
    return low


def _p_value(
    right: int, guesses: int, share: float, epsilon: float, extra: float
) -> float:
    """Return a bound of the probability of so many right guesses, if ε were true."""
    odds = share / (1 - share) * np.exp(epsilon)
    p = odds / (1 + odds)
    found = float(stats.binom.sf(right - 1, guesses, p))
    if extra and right:
        below = stats.binom.pmf(np.arange(right - 1, -1, -1), guesses, p)
        alpha = float((np.cumsum(below) / np.arange(1, right + 1)).max())
        found += alpha * extra
    return found


def _best_cut(
    hits: Scores, misses: Scores, share: float, confidence: float
) -> tuple[float, float]:
    """Return the threshold t of "score ≥ t" with the largest bound, and the bound.

    Only the last record of a run of equal scores can be a threshold.
    """
    scores = np.concatenate([hits, misses])
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.diff(scores[order]) != 0, True)
    right: NDArray[np.int64] = np.cumsum(order < len(hits))[ends]
    guesses = np.flatnonzero(ends) + 1
    # The one-sided Clopper–Pearson bound of right/guesses, as odds against the share.
    low = stats.beta.ppf(1 - confidence, np.maximum(right, 1), guesses - right + 1)
    low = np.where(right == 0, 0.0, low)
    with np.errstate(divide="ignore"):
        bounds = np.log(low / (1 - low)) - np.log(share / (1 - share))
    best = int(np.argmax(bounds))
    return float(scores[order][ends][best]), float(bounds[best])
