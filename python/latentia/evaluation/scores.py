"""All scores of generated images in one feature space."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from latentia._arguments import as_random
from latentia._warnings import warn_caller
from latentia.evaluation._by_class import classifier_scores
from latentia.evaluation._feature_checks import Features, check_features
from latentia.evaluation._spaces import check_space, fitted_space
from latentia.evaluation._splits import LEAST, Splits, make_splits
from latentia.evaluation.density_coverage import density_coverage
from latentia.evaluation.evaluation import Evaluation, Score
from latentia.evaluation.features import FeatureSpace
from latentia.evaluation.frechet import frechet_distance
from latentia.evaluation.image_statistics import ImageStatistics, read_held_out
from latentia.evaluation.inputs import (
    ImageInput,
    ImagesOrFolder,
    read_images,
    same_kind,
)
from latentia.evaluation.kernel_distance import kernel_distance
from latentia.evaluation.memorisation import memorisation
from latentia.evaluation.shares import in_words, shares_apart

_NEIGHBOURS = 5
_BLOCKS = 10
_PERCENTILE = 1.0

_APART = 0.05
"""Difference of class shares (total variation distance) above which a note is added."""


def evaluate(
    generated: ImagesOrFolder,
    real: ImagesOrFolder | ImageStatistics,
    *,
    features: str | FeatureSpace = "auto",
    labels: ArrayLike | None = None,
    generated_labels: ArrayLike | None = None,
    held_out: Any = None,
    random_state: Any = None,
) -> Evaluation:
    """Score generated images, and unseen real images in the same way for comparison.

    Any two sets of images can be compared; no model is needed. The scores of real
    images that were not trained on are the references: generated images cannot be
    expected to be better.

    Parameters
    ----------
    generated : array-like of shape (n, H, W) or (n, H, W, C), or path of a folder
        At least 4 images, uint8 or float in 0..1, of the size of the real ones. Images
        of a folder are converted to this size and mode.
    real : as ``generated``, or ImageStatistics
        At least 8 images that the generator was trained on. Images of a folder are
        converted to their median size (`latentia.datasets.load_image_folder`).
        `image_statistics` stores their features in a file; ``labels`` and ``held_out``
        are then those given to it, and the scores of classifiers are left out.
    features : str or FeatureSpace, default="auto"
        The feature space. "pixels" is
        :class:`~latentia.evaluation.features.PixelFeatures`, "random" is
        ``RandomConvFeatures`` there, and "classifier" is a ``ClassifierFeatures`` that
        is trained here: about a minute for 28×28 pixels. "auto" is "random", which the
        report and the training of GANs use as well; without PyTorch it is "pixels". To
        compare models, use the same object for all of them.
    labels : array-like of shape (n,), optional
        Classes of the real images, integers or strings; by default the sub-folders of
        a folder.
    generated_labels : array-like of shape (n,), optional
        Requested classes of the generated images, by default the sub-folders of a
        folder; `proportional_labels` returns them in the shares of the real ones. With
        ``labels`` too, images are sampled by class, and with PyTorch classifiers are
        trained on real and on generated images. If a set has no image of a class that a
        score needs, the score is left out, and a note names both.
    held_out : images, or tuple (images, labels), optional
        Real images that the generator was not trained on, at least as many as generated
        ones. By default ``real`` is split in two, and the references compare one half
        with the other; the generator has then seen both.
    random_state : int, Generator, RandomState or None
        Seed for sampling images where one set has more than the others, and for the
        training of classifiers.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError, TypeError
        Images or labels of another form, an unknown space, or statistics of another
        space.
    OSError
        A folder cannot be read.
    ImportError
        The space needs PyTorch, which is missing.

    Warns
    -----
    UserWarning
        There are no more images than features, or fewer real than generated ones; the
        shares of the classes differ; or a score is left out because a class is missing.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation import evaluate
    >>> digits = load_digits().images
    >>> found = evaluate(digits[1500:], digits[:1500], random_state=0)  # or folders
    >>> found.verdict.grade
    'good'
    """
    check_space(features)
    random = as_random(random_state)
    truth, others, shape = _read_real(real, labels, held_out)
    made = read_images(
        generated,
        generated_labels,
        "generated",
        name_of_labels="generated_labels",
        least=LEAST,
        shape=shape,
    )
    if truth.labels is None and generated_labels is None:
        made = made._replace(labels=None)  # sub-folders, but no classes to compare
    made, truth, others, strange = _with_labels_alike(made, truth, others)
    splits = make_splits(made, truth, others, random)
    if isinstance(real, ImageStatistics):
        space = real.find_space(features)
    else:
        space = fitted_space(features, splits.training.given, random)
    parts = _feature_scores(space, made, truth, others, splits)
    by_class, left_out = classifier_scores(space, splits, random)
    parts |= by_class
    n = len(splits.generated.rows)
    notes = _notes(n, parts["n_features"], splits) + strange + left_out
    for note in notes:
        warn_caller(note, UserWarning)
    return Evaluation(
        features=space.name,
        n=n,
        n_generated=made.n,
        n_real=truth.n,
        n_held_out=0 if others is None else others.n,
        notes=notes,
        classes=_classes(splits),
        **parts,
    )


def _read_real(
    real: ImagesOrFolder | ImageStatistics, labels: ArrayLike | None, held_out: Any
) -> tuple[ImageInput, ImageInput | None, tuple[int, ...]]:
    """Return the real images, the held-out ones or None, and the shape of an image."""
    if isinstance(real, ImageStatistics):
        if labels is not None or held_out is not None:
            raise ValueError(
                "labels and held_out must be None if real are statistics: give them to "
                "image_statistics, which stores them"
            )
        return *real.real_and_held_out(), real.image_shape
    given = read_images(real, labels, "real", name_of_labels="labels", least=2 * LEAST)
    assert given.images is not None
    shape = given.images.shape[1:]
    return given, read_held_out(held_out, shape), shape


def _with_labels_alike(
    made: ImageInput, real: ImageInput, held_out: ImageInput | None
) -> tuple[ImageInput, ImageInput, ImageInput | None, tuple[str, ...]]:
    """Return the sets with labels of one type, and a note if they share no class."""
    if made.labels is None or real.labels is None:
        return made, real, held_out, ()
    made_labels, labels = same_kind(made.labels, real.labels)
    note: tuple[str, ...] = ()
    if not np.isin(made_labels, labels).any():
        note = (
            f"scores by class are left out: no class of the generated images "
            f"({in_words(made_labels)}) is a class of the real ones "
            f"({in_words(labels)})",
        )
        return made._replace(labels=None), real, held_out, note
    if held_out is not None and held_out.labels is not None:
        others, labels = same_kind(held_out.labels, labels)
        held_out = held_out._replace(labels=others)
        made_labels, labels = same_kind(made_labels, labels)
    return (
        made._replace(labels=made_labels),
        real._replace(labels=labels),
        held_out,
        note,
    )


def _feature_scores(
    space: FeatureSpace,
    made: ImageInput,
    real: ImageInput,
    held_out: ImageInput | None,
    splits: Splits,
) -> dict[str, Any]:
    """Return the parts of an Evaluation that are computed from features."""
    # All real images at once, because features can differ in the last bit between
    # batches, and scores from stored features would not be the same.
    of_real = _features(space, real, "real")
    training = of_real[splits.training_rows]
    generated = _features(space, made, "generated")
    if held_out is None or splits.unseen_rows is not None:
        unseen = of_real[splits.unseen_rows]
    else:
        unseen = _features(space, held_out, "held-out")
    reference = training[splits.training.rows]
    scores = _distances(reference, generated[splits.generated.rows])
    references = _distances(reference, unseen[splits.unseen.rows])
    copies = memorisation(training, generated, unseen, percentile=_PERCENTILE)
    neighbours = splits.training_rows[copies.neighbours]
    return {
        "n_features": training.shape[1],
        "total_variance": float(reference.var(axis=0, ddof=1).sum()),
        "suspected_copies": Score(copies.share, _PERCENTILE / 100),
        "memorisation": replace(copies, neighbours=neighbours),
        **{
            name: Score(value, references[name][0], error)
            for name, (value, error) in scores.items()
        },
    }


def _features(space: FeatureSpace, given: ImageInput, name: str) -> Features:
    kept = given.features
    if kept is None:
        assert given.images is not None
        kept = space(given.images)
    return check_features(kept, f"features of {name} images")


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


def _notes(n: int, n_features: int, splits: Splits) -> tuple[str, ...]:
    notes = []
    if n <= n_features:
        notes.append(
            f"{n} images of each set for {n_features} features: covariances are "
            "singular, and both Fréchet distances are biased upwards"
        )
    n_generated = splits.generated.given.n
    if n < n_generated:
        notes.append(
            f"only {n} of {n_generated} generated images are compared, because there "
            "are no more real ones"
        )
    if _apart(splits):
        made, real = _labels_of(splits)
        notes.append(
            f"the classes of the generated images ({in_words(made)}) have other shares "
            f"than those of the real ones ({in_words(real)}), which makes distances "
            "and coverage worse; generate images of proportional_labels(labels, n)"
        )
    return tuple(notes)


def _labels_of(splits: Splits) -> tuple[Any, Any]:
    return splits.generated.given.labels, splits.training.given.labels


def _apart(splits: Splits) -> bool:
    """Return whether the shares of generated and real classes differ."""
    made, real = _labels_of(splits)
    if made is None or real is None:
        return False
    rounding = len(np.unique(real)) / len(made) / 2
    return shares_apart(made, real) > max(_APART, rounding)


def _classes(splits: Splits) -> str:
    """Return a text about the classes of the generated images."""
    labels = splits.generated.compared().labels
    if labels is None:
        return ""
    drawn = "classes"
    if splits.training.given.labels is not None and not _apart(splits):
        drawn = "classes in the shares of the real images"
    return f"{drawn}: {in_words(labels)}"
