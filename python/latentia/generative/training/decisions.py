"""When a training computes a score, and when a stage of it is in vain."""

from __future__ import annotations

from typing import Any

from latentia.generative.training.plan import PATIENCE, Plan, State

SCORES = 40
"""Scores are computed at ends of epochs, and about so often in all."""


def score_is_due(plan: Plan, state: State, progress: float) -> bool:
    """Tell whether enough has been trained since the last score.

    At the end of an epoch this is a fortieth of the training, within one a tenth.
    """
    rows = (row for row in reversed(state.history) if "score" in row)
    last = next(rows, None)
    before = 0.0 if last is None else _progress_at(plan, last)
    epoch_ended = plan.epoch(state.step) > plan.epoch(state.step - 1)
    share = 0.9 / SCORES if epoch_ended else 4 / SCORES
    return progress - before > share


def stage_is_vain(plan: Plan, state: State, progress: float) -> bool:
    """Tell whether a later stage has made nothing better for long enough.

    Also in a training of a given length: the rest of it would be lost.
    """
    if not 0 < state.best_step <= state.stage_step <= state.step:
        return False
    rows = (row for row in state.history if row.get("step") == state.stage_step)
    began = next((row for row in rows if "seconds" in row), None)
    if began is None:
        return False
    spent = progress - _progress_at(plan, began)
    return spent > PATIENCE + 1e-9  # rounding of the shares


def _progress_at(plan: Plan, row: dict[str, Any]) -> float:
    """Return the progress when a row of the history was written."""
    return plan.progress(row["step"], row["seconds"])
