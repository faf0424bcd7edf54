"""What came of a training, by its own scores: enough, or noise as after few steps."""

from __future__ import annotations

from typing import Any

from latentia.evaluation.verdict import Verdict
from latentia.generative.fitting import FEW

NOISE = 0.35
"""Skill below which samples are noise: 0 is that of one average image, 1 is perfect."""

FEW_STEPS = 500
"""Up to so many the remedy is to train longer, beyond it something else is wrong."""

_LONGER = "train longer"


def outcome(model: Any) -> Verdict:
    """Return a verdict on the training of a fitted model, from its best score.

    Parameters
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        Its ``skill_`` and ``n_steps_`` decide; the remedy is by its images too.
    """
    skill, n_steps = model.skill_, model.n_steps_
    steps = f"{n_steps:,} step{'s' if n_steps != 1 else ''}"
    few = n_steps < FEW_STEPS
    if skill is None:
        reason = f"{steps}, and too few images are scored to tell what samples are like"
        return Verdict("weak", (f"{reason}; {_LONGER}" if few else reason,))
    if skill < NOISE:
        remedy = _LONGER if few else _remedy(getattr(model, "_description", {}))
        beside = (
            "the best score is no better than that of one average image"
            if skill <= 0
            else f"the best score is only {100 * skill:.0f} % of the way from one "
            "average image to perfect ones"
        )
        return Verdict("failed", (f"{steps}: samples are noise, {beside}; {remedy}",))
    reason = (
        f"{steps}: the best score is {100 * skill:.0f} % of the way from one average "
        "image to perfect ones"
    )
    return Verdict("good", (reason,))


def _remedy(description: dict[str, Any]) -> str:
    """Return what helps a training of many steps."""
    n_images = description.get("n_images", FEW)
    if n_images < FEW:
        return f"{n_images} images are too few, more of them make better samples"
    return "the training failed, try another learning rate"
