"""The verdict of a section as a sentence."""

from __future__ import annotations

from latentia.evaluation.verdict import Verdict


def verdict_sentence(verdict: Verdict | None) -> str:
    """Return a verdict as the sentence that a section begins with, "" for None."""
    if verdict is None:
        return ""
    grade, reasons = verdict.grade.capitalize(), "; ".join(verdict.reasons)
    return f"{grade}: {reasons}."
