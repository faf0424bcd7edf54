"""Where the halves meet: factorisations inside a network that was just trained."""

from __future__ import annotations

import numpy as np

from latentia.demo.data import DemoData
from latentia.plots import Section
from latentia.report import sections
from latentia.report.subject import Subject


def section_prior(data: DemoData) -> Section | None:
    """Let one Gaussian and a mixture draw codes for the autoencoder."""
    return sections.section_prior(_subject(data)) if data.has_painters else None


def section_directions(data: DemoData) -> Section | None:
    """Walk through the codes of the same autoencoder.

    In so short a time its images get better than the rivals', and codes of all kinds of
    images lie in one space.
    """
    return sections.section_directions(_subject(data)) if data.has_painters else None


def _subject(data: DemoData) -> Subject:
    painter = data.painters.autoencoders[-1]
    collection = painter.collection
    labels = collection.labels
    if collection.classes:
        labels = np.array(collection.classes)[labels]
    return Subject(painter.model, collection.images, labels, name=collection.name)
