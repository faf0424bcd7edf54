"""The result of an audit, as a table and as a dictionary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from latentia._html import html_table
from latentia.evaluation.verdict import Verdict
from latentia.privacy.accounting import PrivacySpent, epsilon_of
from latentia.privacy.audit.rates import Interval, RateAtFPR

FPRS = 0.01, 0.001
"""False positive rates at which members are counted."""

FOUND = 0.1
"""Share of members found at 1 % false positives from which a model has failed."""


@dataclass(frozen=True)
class Attack:
    """What one score tells about membership, over all records.

    Attributes
    ----------
    name : str
    meaning : str
        What the score is.
    auc : Interval
        Area under the ROC curve; ½ if nothing is told.
    rates : tuple of RateAtFPR or None
        Share of members found at 1 % and 0.1 % false positives; None where there are
        too few non-members to tell such a rate from 0.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.privacy import audit_membership
    >>> digits = load_digits().images
    >>> members, others = digits[:400], digits[400:]
    >>> found = audit_membership(members, members, others, random_state=0)
    >>> attack = found.best  # the generated images are copies of the members
    >>> attack.auc.value
    1.0
    """

    name: str
    meaning: str
    auc: Interval
    rates: tuple[RateAtFPR | None, ...]


@dataclass(frozen=True, eq=False)
class MembershipAudit:
    """How well attacks tell members of a training from other records.

    ``print`` shows a table. The audit itself is made of the members and is not private.

    Attributes
    ----------
    model : str
        What was audited.
    n_members, n_non_members : int
    n_samples : int
        Generated images that records were compared with; 0 if there were none.
    attacks : tuple of Attack
        One a score; the intervals of all hold together with the given confidence.
    chosen : str
        The score that did best on one half of the records.
    guess : str
        The rule that was chosen on that half.
    n_right, n_guesses : int
        What the rule got right on the other half, and how often it guessed.
    epsilon_lower : float
        No training that is (ε, δ)-private with an ε below this would let so many
        guesses be right, at the given confidence. 0 means that nothing was found, not
        that there is nothing.
    epsilon_most : float
        The largest bound that this number of records can give: that of a rule that
        finds every member and errs never.
    delta, confidence : float
    proven : PrivacySpent or None
        What the model says that it spent.
    notes : tuple of str

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.privacy import audit_membership
    >>> digits = load_digits().images
    >>> members, others = digits[:400], digits[400:]
    >>> found = audit_membership(members, members, others, random_state=0)  # copies
    >>> found.verdict.grade
    'failed'
    >>> found.n_right, found.n_guesses
    (200, 200)
    """

    model: str
    n_members: int
    n_non_members: int
    n_samples: int
    attacks: tuple[Attack, ...]
    chosen: str
    guess: str
    n_right: int
    n_guesses: int
    epsilon_lower: float
    epsilon_most: float
    delta: float
    confidence: float
    proven: PrivacySpent | None = None
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> Attack:
        """The attack that surely finds the largest share of members."""

        def surely(attack: Attack) -> tuple[float, float]:
            rate = attack.rates[0]
            return (0.0 if rate is None else rate.tpr.low), attack.auc.low

        return max(self.attacks, key=surely)

    def _proven_epsilon(self) -> float:
        """Return the ε that is proven at the audit's δ, with which its bound compares.

        At a smaller δ than that of the proof, ε is larger.
        """
        if self.proven is None:
            return math.inf
        if self.delta >= self.proven.delta:
            return self.proven.epsilon
        if self.delta == 0:
            return math.inf
        return epsilon_of(self.proven.mechanisms, self.delta)

    @property
    def verdict(self) -> Verdict:
        """Whether members are safe from these attacks (good), found (weak, failed)."""
        proven = self._proven_epsilon()
        if self.epsilon_lower > proven:
            return Verdict(
                "failed",
                (
                    f"ε is at least {self.epsilon_lower:.3g}, which refutes the proven "
                    f"{proven:.3g}: the proof, the program or the audit's records are "
                    "wrong",
                ),
            )
        rate = self.best.rates[0]
        reason = _found_in_words(rate, self.best.name)
        if rate is not None and rate.tpr.low >= FOUND:
            return Verdict("failed", (f"members are recognised: {reason}",))
        told = rate is not None and rate.tpr.low > rate.reached.high
        if told or self.best.auc.low > 0.5 or self.epsilon_lower > 0:
            also = f"; ε is at least {self.epsilon_lower:.3g}"
            return Verdict("weak", (f"members leave traces: {reason}{also}",))
        return Verdict(
            "good",
            (
                f"these attacks do not find members ({reason}); others may, and only a "
                "proof rules that out",
            ),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can store."""
        found = asdict(self) | {
            "proven": None if self.proven is None else self.proven.to_dict(),
            "attacks": [_attack_as_dict(attack) for attack in self.attacks],
            "notes": list(self.notes),
        }
        verdict = self.verdict
        reasons = list(verdict.reasons)
        return found | {"verdict": {"grade": verdict.grade, "reasons": reasons}}

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> MembershipAudit:
        """Return what ``as_dict`` described, or raise a ValueError."""
        try:
            values = {name: found[name] for name in cls.__dataclass_fields__}
            proven = values["proven"]
            values |= {
                "attacks": tuple(map(_attack_of, values["attacks"])),
                "proven": None if proven is None else PrivacySpent.from_dict(proven),
                "notes": tuple(map(str, values["notes"])),
            }
            audit = cls(**values)
            str(audit)  # numbers that are none are found here
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not an audit of membership: {error!r}") from error
        return audit

    def _title(self) -> str:
        percent = f"{100 * self.confidence:g} %"
        against = f", by {self.n_samples:,} generated images" if self.n_samples else ""
        return (
            f"membership audit of {self.model}: {self.n_members:,} members and "
            f"{self.n_non_members:,} non-members{against}\n"
            f"[{percent} intervals, of all scores together; if nothing is told, AUC is "
            "0.5 and TPR as FPR]"
        )

    def _rows(self) -> list[Sequence[str]]:
        """Return the cells of the table, the head first."""
        head = ("", "AUC", "TPR at 1 % FPR", "TPR at 0.1 % FPR")
        return [
            head,
            *(
                (attack.name, in_words(attack.auc), *map(_rate, attack.rates))
                for attack in self.attacks
            ),
        ]

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        head, *rows = self._rows()
        notes = (self.bound_in_words(), str(self.verdict), *self.notes)
        return html_table(self._title(), head, rows, notes=notes)

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = [
            "  ".join(
                cell.ljust(w) for cell, w in zip(row, widths, strict=True)
            ).rstrip()
            for row in rows
        ]
        below = [f"\n{self.bound_in_words()}", f"\n{self.verdict}"]
        notes = (f"\n{note}" for note in self.notes)
        return "\n".join([self._title(), "", *table, *below, *notes])

    def bound_in_words(self) -> str:
        """Return the lower bound of ε with all that it depends on."""
        claim = ""
        if self.proven is not None:
            claim = f"; proven: {self.proven.epsilon:.3g}"
            if self.proven.delta != self.delta:
                claim += f" at δ = {self.proven.delta:.3g}"
        return (
            f"ε ≥ {self.epsilon_lower:.3g} at δ = {self.delta:.3g}, with "
            f"{100 * self.confidence:g} % confidence{claim}: the rule “{self.guess}”, "
            f"chosen on one half of the records, was right in {self.n_right:,} of "
            f"{self.n_guesses:,} guesses on the other half (a perfect attack would "
            f"show ε ≥ {self.epsilon_most:.3g} here)"
        )


def in_words(interval: Interval) -> str:
    """Return an estimate with its interval, as 0.512 [0.49, 0.53]."""
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _rate(rate: RateAtFPR | None) -> str:
    return "cannot be resolved" if rate is None else in_words(rate.tpr)


def _found_in_words(rate: RateAtFPR | None, name: str) -> str:
    if rate is None:
        return "too few non-members to count members at 1 % false positives"
    return (
        f"{100 * rate.tpr.value:.3g} % of them are found at {100 * rate.fpr:g} % false "
        f"positives, by {name}"
    )


def _attack_as_dict(attack: Attack) -> dict[str, Any]:
    rates = [None if rate is None else asdict(rate) for rate in attack.rates]
    return {
        "name": attack.name,
        "meaning": attack.meaning,
        "auc": asdict(attack.auc),
        "rates": rates,
    }


def _attack_of(found: dict[str, Any]) -> Attack:
    def rate(given: Any) -> RateAtFPR | None:
        if given is None:
            return None
        tpr, reached = Interval(**given["tpr"]), Interval(**given["reached"])
        return RateAtFPR(given["fpr"], tpr, reached)

    rates = tuple(map(rate, found["rates"]))
    if len(rates) != len(FPRS):
        raise ValueError(f"there must be {len(FPRS)} rates, got {len(rates)}")
    return Attack(found["name"], found["meaning"], Interval(**found["auc"]), rates)
