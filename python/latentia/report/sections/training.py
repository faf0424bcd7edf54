"""The model, its settings and its training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from latentia._number_format import percent
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import loss_curves
from latentia.report.reported_model import ReportedModel
from latentia.report.verdict_sentence import verdict_sentence

if TYPE_CHECKING:
    from latentia.generative.training.record import TrainingRecord

_CHANNELS = {1: "greyscale", 2: "greyscale with transparency", 3: "in colour"}

_SECOND_STAGE = (
    "In a second stage the decoder is trained against a discriminator, and only the "
    "losses of that stage are drawn from there on. Score: Fréchet distance of "
    "reconstructions of held-out images to the images, with sharpen=0 their"
)

_LOSSES = {
    "VAE": "Log density: log-likelihood of images given their codes; higher is better. "
    "Divergence: Kullback–Leibler divergence of the codes from N(0, I). "
    f"{_SECOND_STAGE} negative evidence lower bound (ELBO) in nats per image; lower is "
    "better.",
    "RAE": "Squared error: reconstruction error of training images, summed over "
    "pixels. Squared code: mean squared norm of the codes, which the loss penalises. "
    f"{_SECOND_STAGE} squared error; lower is better.",
}
_CURVES = dict.fromkeys(
    ("GAN", "ConditionalGAN"), ("loss_discriminator", "loss_generator", "score")
) | {
    "VAE": ("log_density", "divergence", "loss_discriminator", "score"),
    "RAE": ("squared_error", "squared_code", "loss_discriminator", "score"),
}
"""The logged quantities that are drawn; of other models all of them."""

_ADVERSARIAL = (
    "The losses of the discriminator and the generator do not measure the quality of "
    "the images, because each depends on the other network. The score does: it is a "
    "Fréchet distance to real images; lower is better."
)


def section_training(reported: ReportedModel) -> Section:
    """Describe the model, its training data and settings, and draw the losses."""
    from latentia.generative.models.outcome import outcome

    record, broken = _newest_record(reported)
    state = record.state
    n_parameters = sum(p.numel() for p in reported.model.networks_.parameters())
    n_seen = state.step * reported.model.config_.batch_size
    return Section(
        "Training",
        verdict=verdict_sentence(outcome(reported.model)),
        prose=[
            f"{_article(reported.kind)} {reported.kind} for {_form(reported)}, trained "
            f"on {record.n_images:,} images.",
            *_unfinished(record),
            *_remark(record),
            *([broken] if broken else []),
        ],
        facts=[
            Fact(f"{n_seen:,}", "images seen, counting repetitions"),
            Fact(_duration(state.seconds), "training time"),
            Fact(f"{n_parameters:,}", "parameters of the networks"),
        ],
        tables=[_settings(reported, record)],
        pictures=_curves(reported.kind, state.history),
    )


def _newest_record(reported: ReportedModel) -> tuple[TrainingRecord, str]:
    """Return the record in the latest checkpoint, and a warning if it is damaged.

    The model has the weights of the best score; only the latest checkpoint has the
    current state of the training.
    """
    from latentia._run_manifest import LAST
    from latentia.generative.training.record import read_training

    record: TrainingRecord = reported.model.record_
    last = None if reported.run is None else reported.run / LAST
    if last is None or not last.is_file():
        return record, ""
    try:
        return read_training(last)[1], ""
    except (ValueError, OSError):
        return record, (
            f"{LAST} of the run is damaged or cannot be read. This section uses the "
            "checkpoint of the best score; the training may have continued after it."
        )


def _unfinished(record: TrainingRecord) -> list[str]:
    """Say how much of an unfinished training is done; nothing for a finished one."""
    budget, state = record.budget, record.state
    seen = state.step * record.config.batch_size
    if budget.epochs is not None:
        whole = f"{budget.epochs} epoch{'s' if budget.epochs > 1 else ''}"
        done = seen / (budget.epochs * record.n_images)
    elif budget.minutes is not None:
        whole = f"{budget.minutes:g} minutes"
        done = state.seconds / (60 * budget.minutes)
    else:  # a training without a given length can end early
        return []
    if done >= 1:
        return []
    return [
        f"The training has not ended: {percent(done)} of {whole} are done, after "
        f"{state.step:,} steps. The following sections describe the model at that "
        "point. The training can be resumed."
    ]


def _remark(record: TrainingRecord) -> list[str]:
    """Say that the second stage was left out, or made nothing better."""
    history = record.state.history
    remark = history[-1].get("remark") if history else None
    return [] if remark is None else [f"{remark[0].upper()}{remark[1:]}."]


def _settings(reported: ReportedModel, record: TrainingRecord) -> Table:
    config = reported.model.config_
    rows = [
        ["Network", f"{config.network}, {config.preset}"],
        ["Batch size", f"{config.batch_size:,}"],
        ["Peak learning rate", f"{config.learning_rate:g}"],
        ["Steps", f"{record.state.step:,}"],
        ["Seed", _seed(record)],
    ]
    rows.insert(0, ["Latent dimension", str(reported.model.latent_dim_)])
    if config.n_classes:
        rows.insert(0, ["Classes", str(config.n_classes)])
    return Table("Settings", ["Setting", "Value"], rows)


def _seed(record: TrainingRecord) -> str:
    """Return the seed that the user gave, or the random one that was used instead."""
    given = record.parameters.get("random_state")
    return f"{record.seed} (random, none was given)" if given is None else str(given)


def _curves(kind: str, history: list[dict[str, Any]]) -> list[Picture]:
    kept = {name for row in history if "images" in row for name in row}
    if not kept - {"step", "epoch", "images", "seconds"}:  # as of a private training
        return []
    wanted = _CURVES.get(kind, ())
    names = [name for name in wanted if any(name in row for row in history)]
    scores = [row["score"] for row in history if "score" in row]
    in_words = f"; the lowest score is {min(scores):.3g}" if scores else ""
    return [
        Picture(
            "training",
            loss_curves(history, names=names or None),
            caption=f"Training curves. {_LOSSES.get(kind, _ADVERSARIAL)} The model "
            "with the lowest score is kept (vertical line).",
            alt=f"Curves over the number of images seen, one panel for each quantity"
            f"{in_words}.",
        )
    ]


def _form(reported: ReportedModel) -> str:
    n_channels, height, width = reported.model.config_.shape
    channels = _CHANNELS.get(n_channels, "in colour with transparency")
    return f"{reported.name} of {height} × {width} pixels, {channels}"


def _article(name: str) -> str:
    return "An" if name == "RAE" else "A"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.1f} s"
