"""Models with their default settings, which several suites measure."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from latentia import generative
from latentia.benchmarks.generative.trainings import SEED, Keeper, Pictures, Trainings
from latentia.benchmarks.timing import timed

MODELS: Mapping[str, Any] = {
    "RAE": generative.RAE,
    "VAE": generative.VAE,
    "GAN": generative.GAN,
}
"""None of them knows of labels."""


class Trained(NamedTuple):
    """A model, and how long it trained with all that belongs to it."""

    model: Any
    seconds: float


def trained(
    name: str, pictures: Pictures, seconds: float, trainings: Trainings
) -> Trained:
    """Return a model of ``MODELS``, after training it if that was not done before."""

    def run() -> Trained:
        model = MODELS[name](random_state=SEED)
        return Trained(model, fit_for(model, pictures, seconds))

    def save(found: Trained, stem: Path) -> dict[str, Any]:
        found.model.save(stem, overwrite=True)
        return {"seconds": found.seconds}

    def load(stem: Path, facts: dict[str, Any]) -> Trained:
        return Trained(MODELS[name].load(stem), **facts)

    full_name = f"{pictures.name} {name} model"
    return trainings.get(full_name, run, Keeper(save, load), limit=seconds)


def fit_for(model: Any, pictures: Pictures, seconds: float, *labels: Any) -> float:
    """Fit a model for a time, and return how long it took with all that it does."""
    fit = partial(model.fit, pictures.train.images, *labels, minutes=seconds / 60)
    return timed(fit).median
