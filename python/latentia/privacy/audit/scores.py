"""Scores of records that are higher for members, chosen by what a model offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.evaluation.distances import kth_distance, nearest
from latentia.evaluation.inputs import ImageInput
from latentia.privacy.audit.rates import Scores
from latentia.privacy.audit.records import pixels

Images = NDArray[np.uint8]

MOST_VALUES = 2**26
"""Most pixels of generated images: half a gigabyte of distances' operands."""

DENSITY = "log-density"
RECONSTRUCTION = "reconstruction"
DISCRIMINATOR = "discriminator"
NEAREST = "nearest sample"
COMPARED = "nearest sample, compared"

MEANING = {
    DENSITY: "log-density of the record, or of its code, under the model",
    RECONSTRUCTION: "minus the squared error of the record's reconstruction",
    DISCRIMINATOR: "logit of the discriminator",
    NEAREST: "minus the distance to the nearest generated image",
    COMPARED: "the same, plus the distance to the nearest known non-member",
}


@dataclass(frozen=True, eq=False)
class Generator:
    """A model, or images that it generated.

    Attributes
    ----------
    name : str
    model : object or None
        With ``sample``, if there is a model; what else it has decides on the scores.
    samples : ndarray of uint8, shape (n, H, W[, C])
    """

    name: str
    model: Any
    samples: Images


def direct_scores(generator: Generator, records: ImageInput) -> dict[str, Scores]:
    """Return the scores that need nothing but the generator, by their names.

    Raises
    ------
    ValueError
        If a score is NaN, or there is not one for every record.
    """
    images, model = records.images, generator.model
    assert images is not None
    found: dict[str, Any] = {}
    if (density := _density(model)) is not None:
        found[DENSITY] = density(images)
    if hasattr(model, "reconstruct"):
        found[RECONSTRUCTION] = -_squares(images, model.reconstruct(images))
    if getattr(model, "has_discriminator", False):
        labels = records.labels if len(model.classes_) else None
        found[DISCRIMINATOR] = model.discriminate(images, labels)
    found[NEAREST] = -nearest(pixels(images), pixels(generator.samples))[1]
    return {
        name: _checked(value, name, len(images), generator.name)
        for name, value in found.items()
    }


def distances_to_known(records: ImageInput, known: ImageInput) -> Scores:
    """Return the distance of every record to the nearest known non-member."""
    assert records.images is not None
    assert known.images is not None
    found: Scores = nearest(pixels(records.images), pixels(known.images))[1]
    return found


def distances_among(known: ImageInput) -> Scores:
    """Return the distance of every known non-member to the nearest other one."""
    assert known.images is not None
    rows = pixels(known.images)
    if len(rows) == 1:
        return np.zeros(1)
    found: Scores = np.sqrt(kth_distance(rows, 1))
    return found


def _density(model: Any) -> Callable[[Images], Any] | None:
    """Return the log-density of records that a model has, if it has one."""
    if hasattr(model, "score_samples"):
        return lambda images: model.score_samples(images)
    if hasattr(model, "prior_") and hasattr(model, "encode"):
        return lambda images: model.prior_.log_density(model.encode(images))
    return None


def _squares(images: Images, others: Images) -> Scores:
    """Return ‖x − y‖² of every pair, for pixels in 0..1, a block at a time."""
    found = np.empty(len(images))
    for start in range(0, len(images), 256):
        rows = slice(start, start + 256)
        gap = pixels(images[rows]) - pixels(np.asarray(others[rows]))
        found[rows] = np.einsum("nd,nd->n", gap, gap)
    return found


def _checked(value: Any, name: str, n: int, model: str) -> Scores:
    scores = np.asarray(value, dtype=np.float64)
    if scores.shape != (n,):
        raise ValueError(
            f"the {name} of {model} must be one number for each of {n} records, got "
            f"shape {scores.shape}"
        )
    if np.isnan(scores).any():
        row = int(np.argmax(np.isnan(scores)))
        raise ValueError(f"the {name} of {model} is NaN for record {row}")
    # A density can be 0 and its logarithm −∞, which is a rank like any other.
    return np.clip(scores, -np.finfo(np.float64).max, np.finfo(np.float64).max)
