"""All scores that apply to generated images, in one feature space, as a report."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from latentia._arguments import as_random, check_choice, draw_seed
from latentia._warnings import warn_caller
from latentia.evaluation._by_class import classifier_scores
from latentia.evaluation._samples import Features, check_features
from latentia.evaluation._sides import HeldOut, Sides, arrange
from latentia.evaluation.density_coverage import density_coverage
from latentia.evaluation.evaluation import Evaluation, Score
from latentia.evaluation.features import FeatureSpace, PixelFeatures
from latentia.evaluation.frechet import frechet_distance
from latentia.evaluation.kernel_distance import kernel_distance
from latentia.evaluation.memorisation import memorisation
from latentia.evaluation.shares import in_words, shares_apart

_SPACES = ("auto", "pixels", "random", "classifier")
_NEIGHBOURS = 5
_BLOCKS = 10
_PERCENTILE = 1.0

_APART = 0.05
"""Share of images with a class too many, from which on it is noted."""


def evaluate(
    generated: ArrayLike,
    real: ArrayLike,
    *,
    features: str | FeatureSpace = "auto",
    labels: ArrayLike | None = None,
    generated_labels: ArrayLike | None = None,
    held_out: HeldOut | None = None,
    random_state: Any = None,
) -> Evaluation:
    """Score generated images, and real images the same way beside them.

    Both are compared with as many of the real images that the generator was trained on.
    What real images get, that were not, is the floor: better is not to be had.

    Parameters
    ----------
    generated, real : array-like of shape (n, H, W) or (n, H, W, C)
        uint8, or float in 0..1; all of one size, at least 4 and 8 of them. Real images
        are those that the generator was trained on.
    features : str or FeatureSpace, default="auto"
        The space to compare in; features are found of all images. "pixels" is
        :class:`~latentia.evaluation.features.PixelFeatures`, "random" is
        ``RandomConvFeatures`` there, and "classifier" a ``ClassifierFeatures`` that is
        trained here: about a minute for 28×28 pixels. "auto" is "random", the space of
        the report and of the scores while a GAN is trained; without PyTorch it is
        "pixels". To compare models, give all of them the same object.
    labels : array-like of shape (n,), optional
        Classes of the real images, integers or strings.
    generated_labels : array-like of shape (n,), optional
        Classes that the generated images were asked for; `proportional_labels` gives
        them in the shares of the real ones. With ``labels``, every side that is cut or
        split is so by class, and with PyTorch classifiers are trained, on real and on
        generated images. A score that needs a class which a side lacks is left out,
        and a note names both.
    held_out : images, or tuple (images, labels), optional
        Real images that the generator was not trained on, as many as generated ones or
        more. By default ``real`` is split: the floor is between real images and others,
        all of which the generator has seen.
    random_state : int, Generator, RandomState or None
        What is drawn where a side has more images than the others, and the training
        of classifiers.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError, TypeError
        Images or labels of another form, or an unknown space.
    ImportError
        The space needs PyTorch, and it is missing.

    Warns
    -----
    UserWarning
        There are no more images than features, or fewer real than generated ones;
        the classes' shares differ; or a score is left out, as a side lacks a class.
    """
    if isinstance(features, str):
        check_choice(features, "features", _SPACES)
    elif not isinstance(features, FeatureSpace):
        raise TypeError(
            "features must be a name or an object with a name that maps images to "
            f"features, got {features!r}"
        )
    random = as_random(random_state)
    sides = arrange(generated, real, labels, generated_labels, held_out, random)
    space = _space(features, sides, random)
    parts = _feature_scores(space, sides)
    by_class, left_out = classifier_scores(space, sides, random)
    parts |= by_class
    n = len(sides.generated.rows)
    notes = _notes(n, parts["n_features"], sides) + left_out
    for note in notes:
        warn_caller(note, UserWarning)
    return Evaluation(
        features=space.name,
        n=n,
        n_generated=len(sides.generated.images),
        n_real=len(np.asarray(real)),
        n_held_out=0 if held_out is None else len(sides.unseen.images),
        notes=notes,
        classes=_classes(sides),
        **parts,
    )


def _space(features: str | FeatureSpace, sides: Sides, random: Any) -> FeatureSpace:
    images, labels, _ = sides.training
    if not isinstance(features, str):
        return features
    if features == "pixels" or (features == "auto" and not _has_torch()):
        return PixelFeatures(images)
    if features == "classifier" and labels is None:
        raise ValueError("features='classifier' needs the labels of the real images")
    from latentia.evaluation.features import ClassifierFeatures, RandomConvFeatures

    if features == "classifier" and labels is not None:
        return ClassifierFeatures.train(images, labels, random_state=draw_seed(random))
    return RandomConvFeatures()


def _feature_scores(space: FeatureSpace, sides: Sides) -> dict[str, Any]:
    """Return the parts of an Evaluation that features decide."""
    training, generated, unseen = (
        check_features(space(side.images), f"features of {name} images")
        for name, side in (
            ("real", sides.training),
            ("generated", sides.generated),
            ("held-out", sides.unseen),
        )
    )
    reference = training[sides.training.rows]
    scores = _distances(reference, generated[sides.generated.rows])
    floors = _distances(reference, unseen[sides.unseen.rows])
    copies = memorisation(training, generated, unseen, percentile=_PERCENTILE)
    neighbours = sides.training_rows[copies.neighbours]
    return {
        "n_features": training.shape[1],
        "total_variance": float(reference.var(axis=0, ddof=1).sum()),
        "memorised": Score(copies.share, _PERCENTILE / 100),
        "memorisation": replace(copies, neighbours=neighbours),
        **{
            name: Score(value, floors[name][0], error)
            for name, (value, error) in scores.items()
        },
    }


def _distances(
    reference: Features, others: Features
) -> dict[str, tuple[float, float | None]]:
    """Return scores and their standard errors."""
    n = len(others)
    kernel = kernel_distance(reference, others, n_blocks=min(_BLOCKS, n // 2))
    density, coverage = density_coverage(reference, others, k=min(_NEIGHBOURS, n - 1))
    return {
        "frechet_distance": (frechet_distance(reference, others), None),
        "kernel_distance": (kernel.value, kernel.standard_error),
        "density": (density, None),
        "coverage": (coverage, None),
    }


def _notes(n: int, n_features: int, sides: Sides) -> tuple[str, ...]:
    notes = []
    if n <= n_features:
        notes.append(
            f"{n} images a side for {n_features} features: covariances are singular, "
            "and the Fréchet distance is biased upwards, the floor's too"
        )
    n_generated = len(sides.generated.images)
    if n < n_generated:
        notes.append(
            f"only {n} of {n_generated} generated images are compared, as there are no "
            "more real ones to compare them with"
        )
    if _apart(sides):
        made, real = _labels_of(sides)
        notes.append(
            f"the classes of the generated images ({in_words(made)}) have other shares "
            f"than those of the real ones ({in_words(real)}): the distances and "
            "coverage measure that, too; generate proportional_labels(labels, n)"
        )
    return tuple(notes)


def _labels_of(sides: Sides) -> tuple[Any, Any]:
    return sides.generated.labels, sides.training.labels


def _apart(sides: Sides) -> bool:
    """Tell whether generated and real classes have other shares."""
    made, real = _labels_of(sides)
    if made is None or real is None:
        return False
    rounding = len(np.unique(real)) / len(made) / 2
    return shares_apart(made, real) > max(_APART, rounding)


def _classes(sides: Sides) -> str:
    """Say how the classes of the generated images were drawn."""
    labels = sides.generated.compared()[1]
    if labels is None:
        return ""
    drawn = "classes"
    if sides.training.labels is not None and not _apart(sides):
        drawn = "classes drawn in the shares of the real images"
    return f"{drawn}: {in_words(labels)}"


def _has_torch() -> bool:
    return find_spec("torch") is not None
