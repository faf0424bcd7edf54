"""Checks of a private training, and its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from latentia._warnings import warn_caller
from latentia.generative.io.resume import ResumePoint
from latentia.generative.io.start import Start
from latentia.generative.models.trainable import TrainableModel
from latentia.generative.training.plan import Plan
from latentia.generative.training.record import TrainingRecord
from latentia.privacy.accounting import PrivacySpent
from latentia.privacy.dp_sgd import DPSGD
from latentia.privacy.noise import PrivacyWarning, warn_delta
from latentia.privacy.spending_plan import SpendingPlan


def check_private_fit(
    model: TrainableModel, privacy: object, X: Any, *, minutes: Any, validation: Any
) -> DPSGD | None:
    """Return the privacy of a ``fit``, or raise before the images are read."""
    if privacy is None:
        return None
    if not isinstance(privacy, DPSGD):
        raise TypeError(
            "privacy must be a latentia.privacy.DPSGD, such as DPSGD(epsilon=8, "
            f"delta=1e-6), or None, got {privacy!r:.100}"
        )
    if minutes is not None:
        raise ValueError(
            "minutes must be None with privacy, because the number of steps decides on "
            f"the noise, got {minutes!r}: give epochs"
        )
    if validation is not None:
        raise ValueError(
            "validation must be None with privacy: scores of private images, and the "
            "choice of a model by them, would have to be paid for"
        )
    if len(getattr(X, "shape", ())) < 3 and None in (model.size, model.mode):
        raise ValueError(
            "size and mode must be given with privacy unless X is an array of images: "
            "the median size and the common mode of files are not public"
        )
    if getattr(model, "balance_classes", False):
        raise ValueError(
            "balance_classes must be False with privacy: images of rare classes would "
            "be sampled more often than is accounted for"
        )
    if model.precision == "bfloat16":
        raise ValueError(
            "precision must be 'auto' or 'float32' with privacy, got 'bfloat16'"
        )
    model.check_private()
    if privacy.random_state is not None:
        warn_caller(
            f"privacy has random_state={privacy.random_state}: who knows the seed can "
            "remove the noise; leave it out outside of tests",
            PrivacyWarning,
        )
    return privacy


def check_continued(
    privacy: DPSGD | None, resume_point: ResumePoint | None, origin: Start | None
) -> None:
    """Raise if a training would end, or begin, the privacy of an earlier one."""
    if resume_point is not None:
        begun = resume_point.record.privacy
        if privacy is None and begun is not None:
            raise ValueError(
                "resume: the training began with privacy, which must be given again"
            )
        if privacy is not None and begun is None:
            raise ValueError("resume: the training began without privacy")
    if privacy is None and origin is not None and origin.record.privacy is not None:
        raise ValueError(
            "start: the weights were trained with privacy, which a training without it "
            "would end: give privacy"
        )


def public_size(privacy: DPSGD, resume_point: ResumePoint | None, n_images: int) -> int:
    """Return the public number of images: the given one, or how many there are."""
    if privacy.n_images is not None:
        return privacy.n_images
    if resume_point is not None and resume_point.record.privacy is not None:
        return SpendingPlan.from_dict(resume_point.record.privacy).n_images
    return n_images


def spending_plan(
    model: TrainableModel,
    privacy: DPSGD | None,
    plan: Plan,
    resume_point: ResumePoint | None,
    origin: Start | None,
) -> SpendingPlan | None:
    """Return the plan of a private training, new or resumed; None if it is not private.

    Weights that the training starts from, and what the model spent in an earlier fit,
    count as spent.
    """
    if privacy is None:
        return None
    assert plan.n_steps is not None
    warn_delta(float(privacy.delta), plan.n)
    if resume_point is not None:
        begun = SpendingPlan.from_dict(resume_point.record.privacy or {})
        own: PrivacySpent | None = getattr(model, "privacy_", None)
        if own is not None and not _same_training(model.record_, resume_point.record):
            before = own if begun.earlier is None else begun.earlier + own
            begun = replace(begun, earlier=before)
        taken = resume_point.record.state.step
        return begun.extended(privacy, plan.n_steps, taken)
    return SpendingPlan.of(
        privacy,
        n_images=plan.n,
        batch_size=plan.batch_size,
        n_steps=plan.n_steps,
        earlier=_earlier(model, origin),
        name=f"gradients of the {type(model).__name__}",
        has_prior=model.spends_on_prior,
    )


def _earlier(model: TrainableModel, origin: Start | None) -> PrivacySpent | None:
    """Return what an earlier fit of the model, or of the weights, has spent."""
    spent: PrivacySpent | None = getattr(model, "privacy_", None)
    if origin is None or origin.record.privacy is None:
        return spent
    record = origin.record
    before = SpendingPlan.from_dict(record.privacy or {}).spent(record.state.step)
    if spent is None:
        return before
    if not _same_training(model.record_, record):
        return spent + before
    return max(spent, before, key=lambda one: one.epsilon)


def _same_training(one: TrainingRecord, other: TrainingRecord) -> bool:
    """Return whether two checkpoints are of one training: one goes on as the other.

    Equal settings have equal noise, so that what was spent does not tell.
    """
    n = min(len(one.state.history), len(other.state.history))
    rows = one.state.history[:n], other.state.history[:n]
    return n > 0 and one.seed == other.seed and rows[0] == rows[1]
