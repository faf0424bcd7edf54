"""From scores of records to the result of an audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.privacy.audit.lower_bound import Guess, best_guess, epsilon_refuted
from latentia.privacy.audit.rates import Scores, area, rate_at
from latentia.privacy.audit.result import FPRS, Attack, MembershipAudit

DELTA = 1e-5
"""The δ of the bound, for models that state none."""


@dataclass(frozen=True, eq=False)
class Halves:
    """A random half of each side, on which attacks are chosen; the rest measures.

    Attributes
    ----------
    members, others : ndarray of bool
        Whether the record is one to choose on.
    """

    members: NDArray[np.bool_]
    others: NDArray[np.bool_]

    @classmethod
    def draw(cls, n_members: int, n_others: int, random: Any) -> Halves:
        """Draw a half of each side, rounded down but at least one record."""
        return cls(*(_half(n, random) for n in (n_members, n_others)))


def measure(
    members: dict[str, Scores],
    others: dict[str, Scores],
    halves: Halves,
    meaning: dict[str, str],
    *,
    model: str,
    n_samples: int,
    confidence: float,
    delta: float | None,
    proven: Any,
    notes: tuple[str, ...] = (),
) -> MembershipAudit:
    """Sum up every score, choose one on a half, and bound ε on the other half.

    Parameters
    ----------
    members, others : dict of str to ndarray
        Scores of both sides, by the same names.
    halves : Halves
    meaning : dict of str to str
        What the scores are.
    """
    names = list(members)
    n1, n0 = len(halves.members), len(halves.others)
    if delta is None:
        delta = DELTA if proven is None else proven.delta
    chosen, _ = best_guess(
        [members[name][halves.members] for name in names],
        [others[name][halves.others] for name in names],
        confidence,
    )
    name = names[chosen.score]
    each = 1 - (1 - confidence) / len(names)  # Bonferroni: all intervals together
    inside, outside = members[name][~halves.members], others[name][~halves.others]
    right, guesses = chosen.count(inside, outside)
    sizes = len(inside), len(outside)
    share = _share(sizes, chosen.side)
    options: dict[str, Any] = {
        "confidence": confidence,
        "delta": delta,
        "n_records": sum(sizes),
    }
    most = max(
        epsilon_refuted(n, n, _share(sizes, side), **options)
        for n, side in zip(sizes, ("member", "non-member"), strict=True)
    )
    return MembershipAudit(
        model=model,
        n_members=n1,
        n_non_members=n0,
        n_samples=n_samples,
        attacks=tuple(
            _attack(key, meaning[key], members[key], others[key], each) for key in names
        ),
        chosen=name,
        guess=_in_words(chosen, name),
        n_right=right,
        n_guesses=guesses,
        epsilon_lower=epsilon_refuted(right, guesses, share, **options),
        epsilon_most=most,
        delta=delta,
        confidence=confidence,
        proven=proven,
        notes=(*notes, *_notes(members, others)),
    )


def _half(n: int, random: Any) -> NDArray[np.bool_]:
    half = np.zeros(n, dtype=bool)
    half[random.permutation(n)[: max(1, n // 2)]] = True
    return half


def _share(sizes: tuple[int, int], side: str) -> float:
    """Return the share of the records for which guessing a side is right."""
    return sizes[side == "non-member"] / sum(sizes)


def _attack(
    name: str, meaning: str, members: Scores, others: Scores, confidence: float
) -> Attack:
    rates = tuple(rate_at(members, others, fpr, confidence) for fpr in FPRS)
    return Attack(name, meaning, area(members, others, confidence), rates)


def _in_words(guess: Guess, name: str) -> str:
    bound = "at least" if guess.side == "member" else "at most"
    return f"{guess.side} if {name} is {bound} {guess.threshold:.4g}"


def _notes(members: dict[str, Scores], others: dict[str, Scores]) -> tuple[str, ...]:
    """Return what limits the rates."""
    found = []
    n0 = len(next(iter(others.values())))
    for fpr in FPRS:
        if n0 * fpr < 1:
            found.append(
                f"with {n0:,} non-members a false positive rate of {100 * fpr:g} % "
                f"cannot be told from 0: {round(1 / fpr):,} are needed"
            )
            break
    for name in members:
        both = np.concatenate([members[name], others[name]])
        n_values = len(np.unique(both))
        if n_values < len(both) / 2:
            found.append(
                f"{name} has only {n_values:,} different values for {len(both):,} "
                "records: where members and non-members tie, members count as not found"
            )
    return tuple(found)
