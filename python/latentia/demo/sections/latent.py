"""The latent space of the trained autoencoder: its prior and its directions."""

from __future__ import annotations

import numpy as np

from latentia.demo.data import DemoData
from latentia.pages import Section
from latentia.report import sections
from latentia.report.reported_model import ReportedModel


def section_prior(data: DemoData) -> Section | None:
    """Compare a single Gaussian with a mixture as prior of the autoencoder."""
    return sections.section_prior(_subject(data)) if data.has_trained_models else None


def section_directions(data: DemoData) -> Section | None:
    """Show traversals of the same autoencoder's latent space.

    After so short a training its images are better than the conditional GAN's, and
    codes of all classes lie in one space.
    """
    return (
        sections.section_directions(_subject(data)) if data.has_trained_models else None
    )


def _subject(data: DemoData) -> ReportedModel:
    trained = data.trained_models.autoencoders[-1]
    collection = trained.collection
    labels = collection.labels
    if collection.classes:
        labels = np.array(collection.classes)[labels]
    return ReportedModel(trained.model, collection.images, labels, name=collection.name)
