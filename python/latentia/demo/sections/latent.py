"""The latent space of the trained autoencoder: its prior and its directions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from latentia.demo.data import DemoData
from latentia.pages import Section
from latentia.report import sections
from latentia.report.reported_model import ReportedModel

N_QUICK = 10_000
"""Images that the quick version takes."""


def section_prior(data: DemoData) -> Section | None:
    """Compare a single Gaussian with a mixture as prior of the autoencoder."""
    return _make(sections.section_prior, data)


def section_directions(data: DemoData) -> Section | None:
    """Show traversals of the same autoencoder's latent space.

    Codes of all its classes lie in one space.
    """
    return _make(sections.section_directions, data)


def _make(
    make: Callable[[ReportedModel], Section | None], data: DemoData
) -> Section | None:
    """Return the section of the autoencoder, if there is one."""
    if not data.has_trained_models:
        return None
    trained = data.trained_models.autoencoders[-1]
    if trained.failed:
        raise ValueError(trained.shortcoming)
    collection = trained.collection
    n = N_QUICK if data.plan.is_quick else None
    images, labels = collection.images[:n], collection.labels[:n]
    if collection.classes:
        labels = np.array(collection.classes)[labels]
    with data.torch_threads():
        return make(ReportedModel(trained.model, images, labels, name=collection.name))
