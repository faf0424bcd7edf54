"""What the model is, and how its training went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from latentia.plots import Fact, Picture, Section, Table, loss_curves, percent
from latentia.report.subject import Subject
from latentia.report.verdicts import in_bold

if TYPE_CHECKING:
    from latentia.generative.training.record import TrainingRecord

_CHANNELS = {1: "grey", 2: "grey with transparency", 3: "in colour"}

_LOSSES = {
    "VAE": "The divergence is how much codes tell about their images, the log density "
    "how well images are recovered from them, and the score, in nats per image, weighs "
    "both: the lower, the likelier are the images.",
    "RAE": "The score is the squared error of images that went through a code and "
    "back, summed over pixels.",
}
_CURVES = dict.fromkeys(
    ("GAN", "ConditionalGAN"), ("loss_discriminator", "loss_generator", "score")
) | {"VAE": ("log_density", "divergence", "score")}
"""What tells most of what is logged; of other models it is all."""

_RIVALS = (
    "Neither network’s loss says how good the images are, as each depends on how good "
    "the other network is; the score does."
)


def section_training(subject: Subject) -> Section:
    """Say what was trained, on what, for how long, and draw the losses."""
    from latentia.generative.models.outcome import outcome

    record, broken = _newest_record(subject)
    state = record.state
    n_parameters = sum(p.numel() for p in subject.model.networks_.parameters())
    n_seen = state.step * subject.model.config_.batch_size
    return Section(
        "What was trained",
        verdict=in_bold(outcome(subject.model)),
        prose=[
            f"{_article(subject.kind)} {subject.kind} for {_form(subject)}, trained on "
            f"{record.n_images:,} of them. Training shows it one batch after another "
            "and changes its numbers a little each time.",
            *_unfinished(record),
            *([broken] if broken else []),
        ],
        facts=[
            Fact(f"{n_seen:,}", "images seen, each as often as it came up"),
            Fact(_duration(state.seconds), "of training"),
            Fact(f"{n_parameters:,}", "numbers in its networks"),
        ],
        tables=[_settings(subject, record)],
        pictures=_curves(subject.kind, state.history),
    )


def _newest_record(subject: Subject) -> tuple[TrainingRecord, str]:
    """Return what the latest checkpoint says, and what is wrong with it if anything.

    The model is that of the best score; how far the training got, the last one knows.
    """
    from latentia._run_manifest import LAST
    from latentia.generative.training.record import read_training

    record: TrainingRecord = subject.model.record_
    last = None if subject.run is None else subject.run / LAST
    if last is None or not last.is_file():
        return record, ""
    try:
        return read_training(last)[1], ""
    except (ValueError, OSError):
        return record, (
            f"{LAST} of the run is damaged or cannot be read, so this is told by the "
            "checkpoint of the best score, and the training may have got further."
        )


def _unfinished(record: TrainingRecord) -> list[str]:
    """Say how far a training got that has not ended; nothing of one that has."""
    budget, state = record.budget, record.state
    seen = state.step * record.config.batch_size
    if budget.epochs is not None:
        whole = f"{budget.epochs} epoch{'s' if budget.epochs > 1 else ''}"
        done = seen / (budget.epochs * record.n_images)
    elif budget.minutes is not None:
        whole = f"{budget.minutes:g} minutes"
        done = state.seconds / (60 * budget.minutes)
    else:
        return []
    if done >= 1:
        return []
    return [
        f"This training has not ended: {percent(done)} of the {whole} that it was to "
        f"last are done, after {state.step:,} steps. All that follows is of the "
        "model as it was then. The training can be resumed where it stands."
    ]


def _settings(subject: Subject, record: TrainingRecord) -> Table:
    config = subject.model.config_
    rows = [
        ["Networks", f"{config.network}, {config.preset}"],
        ["Images in a batch", f"{config.batch_size:,}"],
        ["Learning rate at its height", f"{config.learning_rate:g}"],
        ["Steps", f"{record.state.step:,}"],
        ["Seed", _seed(record)],
    ]
    rows.insert(0, ["Numbers in a code", str(subject.model.latent_dim_)])
    if config.n_classes:
        rows.insert(0, ["Classes", str(config.n_classes)])
    return Table("What was chosen", ["What", "Value"], rows)


def _seed(record: TrainingRecord) -> str:
    """Return the seed that the user gave, or the one that was drawn for want of it."""
    given = record.parameters.get("random_state")
    return f"none given, {record.seed} drawn" if given is None else str(given)


def _curves(kind: str, history: list[dict[str, Any]]) -> list[Picture]:
    if not any("images" in row for row in history):
        return []
    wanted = _CURVES.get(kind, ())
    names = [name for name in wanted if any(name in row for row in history)]
    scores = [row["score"] for row in history if "score" in row]
    in_words = f"; the lowest score is {min(scores):.3g}" if scores else ""
    return [
        Picture(
            "training",
            loss_curves(history, names=names or None),
            caption=f"What the training logged. {_LOSSES.get(kind, _RIVALS)} The model "
            "with the lowest score is kept.",
            alt=f"Curves over the number of images seen, one for each loss{in_words}.",
        )
    ]


def _form(subject: Subject) -> str:
    n_channels, height, width = subject.model.config_.shape
    channels = _CHANNELS.get(n_channels, "in colour with transparency")
    return f"{subject.name} of {height} × {width} pixels, {channels}"


def _article(name: str) -> str:
    return "An" if name == "RAE" else "A"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.1f} s"
