"""The verdict of a section: good, weak or failed, and the reason, from its figures."""

from __future__ import annotations

from latentia.evaluation.verdict import Verdict


def in_bold(verdict: Verdict | None) -> str:
    """Return a verdict as the sentence that a section begins with; "" for none."""
    if verdict is None:
        return ""
    grade, reasons = verdict.grade.capitalize(), "; ".join(verdict.reasons)
    return f"{grade}: {reasons}."
