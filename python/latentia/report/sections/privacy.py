"""What a private training has spent, and what attacks found."""

from __future__ import annotations

import math

from latentia._number_format import percent, rate, scientific
from latentia.pages import Fact, Section, Table
from latentia.privacy import (
    Attack,
    Mechanism,
    MembershipAudit,
    PrivacySpent,
    SampledMechanism,
)
from latentia.report.reported_model import ReportedModel
from latentia.report.verdict_sentence import verdict_sentence

_MEANING = (
    "The training was differentially private. Whatever somebody does with the model, "
    "its samples or its file, the odds by which they believe that an image was among "
    "the training images grow by at most a factor of e^ε = {factor}, but for a "
    "probability of δ. This protects one image: not several images of one person or "
    "thing, and not what all images have in common."
)

_PAGE = (
    "This page itself is not private: its scores and pictures were made with the "
    "training images."
)

_AUDIT = (
    "The audit attacks the model: a score of each image that is higher for training "
    "images should not tell them from others. TPR is the share of training images that "
    "are found while 1 % or 0.1 % of the other images are taken for training images "
    "(FPR). If nothing is told, AUC is 0.5 and TPR equals FPR. An attack that finds "
    "nothing proves nothing, and neither does a search for near copies (Yao et al., "
    "“The DCR delusion”, 2025)."
)


def section_privacy(reported: ReportedModel) -> Section | None:
    """Say what was spent and what an audit found; None if there is neither."""
    spent: PrivacySpent | None = reported.model.privacy_
    audit = reported.audit
    if spent is None and audit is None:
        return None
    prose, facts, tables = [], [], []
    verdict = "" if audit is None else verdict_sentence(audit.verdict)
    if spent is not None:
        factor = math.exp(min(spent.epsilon, 700))  # beyond it floats overflow
        prose.append(_MEANING.format(factor=rate(factor)))
        if spent.seeded:
            prose.append(
                "But the noise came from a given seed: who knows it can remove the "
                "noise, so this training is for tests only."
            )
        prose.append(_PAGE)
        facts += [
            Fact(f"{spent.epsilon:.3g}", f"ε, for {spent.adjacency}"),
            Fact(scientific(spent.delta), "δ"),
        ]
        tables.append(_mechanisms(spent))
    else:
        prose.append("The training was not private: nothing bounds what it tells.")
    if audit is not None:
        bound = f"The lower bound of the audit: {audit.bound_in_words()}."
        prose += [_AUDIT, bound, *_notes(audit)]
        tables.append(_attacks(audit))
    return Section("Privacy", verdict=verdict, prose=prose, facts=facts, tables=tables)


def _mechanisms(spent: PrivacySpent) -> Table:
    return Table(
        "All looks at the images that the model depends on",
        ["Mechanism", "One image changes it by at most", "Noise (σ)", "Times"],
        [_row(mechanism) for mechanism in spent.mechanisms],
    )


def _row(mechanism: Mechanism | SampledMechanism) -> list[str]:
    if isinstance(mechanism, Mechanism):
        return [
            mechanism.name,
            f"{mechanism.sensitivity:.3g}",
            f"{mechanism.noise_std:.3g}",
            "1",
        ]
    return [
        f"{mechanism.name}; a step takes an image with probability "
        f"{mechanism.sample_rate:.3g}",
        f"{mechanism.clip_norm:.3g}",
        f"{mechanism.noise_multiplier * mechanism.clip_norm:.3g}",
        f"{mechanism.steps:,}",
    ]


def _attacks(audit: MembershipAudit) -> Table:
    return Table(
        f"{audit.n_members:,} training images and {audit.n_non_members:,} others; with "
        f"{100 * audit.confidence:g} % confidence of all intervals together",
        ["Score of an image", "AUC", "TPR at 1 % FPR", "TPR at 0.1 % FPR"],
        [_attack(attack) for attack in audit.attacks],
        emphasised="TPR at 1 % FPR",
    )


def _attack(attack: Attack) -> list[str]:
    auc = attack.auc
    return [
        f"{_capital(attack.name)}: {attack.meaning}",
        f"{auc.value:.3f} ({auc.low:.3f}–{auc.high:.3f})",
        *(
            "cannot be resolved"
            if rate is None
            else f"{percent(rate.tpr.value)} ({percent(rate.tpr.low)}–"
            f"{percent(rate.tpr.high)})"
            for rate in attack.rates
        ),
    ]


def _notes(audit: MembershipAudit) -> list[str]:
    return [f"Note: {note}." for note in audit.notes]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
