"""The model, its settings and its training."""

from __future__ import annotations

from typing import Any

from latentia._number_format import percent
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import loss_curves
from latentia.report.reported_model import ReportedModel
from latentia.report.verdict_sentence import verdict_sentence

_CHANNELS = {1: "greyscale", 2: "greyscale with transparency", 3: "in colour"}

_LOSSES = {
    "VAE": "Log density: log-likelihood of images given their codes; higher is better. "
    "Divergence: Kullback–Leibler divergence of the codes from the prior. Score: "
    "negative evidence lower bound (ELBO) of held-out images in nats per image; lower "
    "is better.",
    "RAE": "Squared error: reconstruction error of training images, summed over "
    "pixels. Squared code: mean squared norm of the codes, which the loss penalises. "
    "Score: squared error of held-out images; lower is better.",
}
_CURVES = dict.fromkeys(
    ("GAN", "ConditionalGAN"), ("loss_discriminator", "loss_generator", "score")
) | {"VAE": ("log_density", "divergence", "score")}
"""The logged quantities that are drawn; of other models all of them."""

_ADVERSARIAL = (
    "The losses of the discriminator and the generator do not measure the quality of "
    "the images, because each depends on the other network. The score does: it is a "
    "Fréchet distance to real images; lower is better."
)


def section_training(reported: ReportedModel) -> Section:
    """Describe the model, its training data and settings, and draw the losses."""
    from latentia.generative.outcome import outcome

    description, broken = _newest_description(reported)
    state, history = description["state"], description["state"]["history"]
    n_parameters = sum(p.numel() for p in reported.model.networks_.parameters())
    n_seen = state["step"] * reported.model.setting_.batch_size
    return Section(
        "Training",
        verdict=verdict_sentence(outcome(reported.model)),
        prose=[
            f"{_article(reported.kind)} {reported.kind} for {_form(reported)}, trained "
            f"on {description['n_images']:,} images.",
            *_unfinished(description),
            *([broken] if broken else []),
        ],
        facts=[
            Fact(f"{n_seen:,}", "images seen, counting repetitions"),
            Fact(_duration(state["seconds"]), "training time"),
            Fact(f"{n_parameters:,}", "parameters of the networks"),
        ],
        tables=[_settings(reported, description)],
        pictures=_curves(reported.kind, history),
    )


def _newest_description(reported: ReportedModel) -> tuple[dict[str, Any], str]:
    """Return the description in the latest checkpoint, and a warning if it is damaged.

    The model has the weights of the best score; only the latest checkpoint has the
    current state of the training.
    """
    from latentia._run_manifest import LAST
    from latentia.generative.training.checkpoint import read_checkpoint

    description: dict[str, Any] = reported.model._description
    last = None if reported.run is None else reported.run / LAST
    if last is None or not last.is_file():
        return description, ""
    try:
        return read_checkpoint(last)[1], ""
    except (ValueError, OSError):
        return description, (
            f"{LAST} of the run is damaged or cannot be read. This section uses the "
            "checkpoint of the best score; the training may have continued after it."
        )


def _unfinished(description: dict[str, Any]) -> list[str]:
    """Say how much of an unfinished training is done; nothing for a finished one."""
    budget, state = description["budget"], description["state"]
    seen = state["step"] * description["setting"]["batch_size"]
    if budget["epochs"] is None:
        whole = f"{budget['minutes']:g} minutes"
        done = state["seconds"] / (60 * budget["minutes"])
    else:
        whole = f"{budget['epochs']} epoch{'s' if budget['epochs'] > 1 else ''}"
        done = seen / (budget["epochs"] * description["n_images"])
    if done >= 1:
        return []
    return [
        f"The training has not ended: {percent(done)} of {whole} are done, after "
        f"{state['step']:,} steps. The following sections describe the model at that "
        "point. The training can be resumed."
    ]


def _settings(reported: ReportedModel, description: dict[str, Any]) -> Table:
    setting = reported.model.setting_
    rows = [
        ["Network", f"{setting.network}, {setting.preset}"],
        ["Batch size", f"{setting.batch_size:,}"],
        ["Peak learning rate", f"{setting.learning_rate:g}"],
        ["Steps", f"{description['state']['step']:,}"],
        ["Seed", _seed(description)],
    ]
    rows.insert(0, ["Latent dimension", str(reported.model.latent_dim_)])
    if setting.n_classes:
        rows.insert(0, ["Classes", str(setting.n_classes)])
    return Table("Settings", ["Setting", "Value"], rows)


def _seed(description: dict[str, Any]) -> str:
    """Return the seed that the user gave, or the random one that was used instead."""
    given = description["parameters"].get("random_state")
    return (
        f"{description['seed']} (random, none was given)"
        if given is None
        else str(given)
    )


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
            caption=f"Training curves. {_LOSSES.get(kind, _ADVERSARIAL)} The model "
            "with the lowest score is kept (vertical line).",
            alt=f"Curves over the number of images seen, one panel for each quantity"
            f"{in_words}.",
        )
    ]


def _form(reported: ReportedModel) -> str:
    n_channels, height, width = reported.model.setting_.shape
    channels = _CHANNELS.get(n_channels, "in colour with transparency")
    return f"{reported.name} of {height} × {width} pixels, {channels}"


def _article(name: str) -> str:
    return "An" if name == "RAE" else "A"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.1f} s"
