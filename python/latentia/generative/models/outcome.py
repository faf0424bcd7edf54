"""A verdict on a training by its own scores: good, weak or failed."""

from __future__ import annotations

from typing import Any

from latentia.evaluation.verdict import ALIKE, Verdict
from latentia.generative.models.fitting import FEW

NOISE = 0.35
"""Skill below which samples are noise: one average image has 0, perfect images 1."""

FEW_STEPS = 500
"""With fewer steps the advice is to train longer; with more, the cause is another."""

_LONGER = "train longer"
_OTHER_RATE = "the training failed, try another learning rate"
_MIXTURE = "train longer, or sample from a LatentMixture of the images' codes"


def outcome(model: Any) -> Verdict:
    """Return a verdict on the training of a fitted model, from its best score.

    Parameters
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        Its ``skill_``, ``sample_skill_`` and ``n_steps_`` decide.
    """
    skill, drawn, n_steps = model.skill_, model.sample_skill_, model.n_steps_
    steps = f"{n_steps:,} step{'s' if n_steps != 1 else ''}"
    few = n_steps < FEW_STEPS
    if model.privacy_ is not None:
        reason = "a private training computes no scores: compare samples with public "
        return Verdict("weak", (f"{steps}: {reason}images, or look at them",))
    if skill is None:
        reason = f"{steps}, and too few images are scored to tell what samples are like"
        return Verdict("weak", (f"{reason}; {_LONGER}" if few else reason,))
    if skill < _noise(model):
        remedy = _LONGER if few else _remedy(model, _OTHER_RATE)
        compared = (
            "the best score is no better than that of one average image"
            if skill <= 0
            else f"the best score is only {_way(skill)}"
        )
        return Verdict("failed", (f"{steps}: samples are noise, {compared}; {remedy}",))
    if model.least_scored and 1 - skill >= ALIKE[0]:
        remedy = _remedy(model, _LONGER)
        return Verdict("weak", (f"{steps}: samples are only {_way(skill)}; {remedy}",))
    if drawn is not None and drawn < NOISE:
        otherwise = _MIXTURE if model.prior_.is_standard else _LONGER
        remedy = _LONGER if few else _remedy(model, otherwise)
        bad = drawn < NOISE / 2
        reason = (
            f"{steps}: reconstructions are {_way(skill)}, but samples "
            f"{'are noise' if bad else 'are poor'}, {100 * max(drawn, 0):.0f} % of it"
        )
        return Verdict("failed" if bad else "weak", (f"{reason}; {remedy}",))
    return Verdict("good", (f"{steps}: the best score is {_way(skill)}",))


def _noise(model: Any) -> float:
    """Return the skill below which samples are noise.

    A sharpened decoder may have ``error_limit`` times the error of that before it.
    """
    state = model.record_.state
    if not 0 < state.stage_step < state.best_step:
        return NOISE
    return max(0.0, 1 - (1 - NOISE) * float(model.error_limit))


def _way(skill: float) -> str:
    return f"{100 * skill:.0f} % of the way from one average image to perfect ones"


def _remedy(model: Any, otherwise: str) -> str:
    """Return advice for a training of many steps."""
    n_images: int = model.record_.n_images
    if n_images < FEW:
        return f"{n_images} images are too few, more of them make better samples"
    return otherwise
