"""All scores that apply to generated images, in one feature space, as a report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from latentia._arguments import as_random
from latentia._warnings import warn_caller
from latentia.evaluation._by_class import classifier_scores
from latentia.evaluation._given import Given, ImagesOrFolder, read_given, same_kind
from latentia.evaluation._samples import Features, check_features
from latentia.evaluation._spaces import check_space, fitted_space
from latentia.evaluation._splits import LEAST, Splits, make_splits
from latentia.evaluation.density_coverage import density_coverage
from latentia.evaluation.evaluation import Evaluation, Score
from latentia.evaluation.features import FeatureSpace
from latentia.evaluation.frechet import frechet_distance
from latentia.evaluation.image_statistics import ImageStatistics, read_held_out
from latentia.evaluation.kernel_distance import kernel_distance
from latentia.evaluation.memorisation import memorisation
from latentia.evaluation.shares import in_words, shares_apart

_NEIGHBOURS = 5
_BLOCKS = 10
_PERCENTILE = 1.0

_APART = 0.05
"""Share of images with a class too many, from which on it is noted."""


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
    """Score generated images, and real images the same way beside them.

    Any two sets of images will do; no model is needed. Both are compared with as many
    of the real images that the generator was trained on. What real images get, that
    were not, is the floor: better is not to be had.

    Parameters
    ----------
    generated : array-like of shape (n, H, W) or (n, H, W, C), or path of a folder
        uint8, or float in 0..1; at least 4, all of the size of the real ones. Pictures
        of a folder are brought to that size and mode.
    real : as ``generated``, or ImageStatistics
        At least 8 images that the generator was trained on. Pictures of a folder get
        their median size (`latentia.datasets.load_image_folder`). `image_statistics`
        keeps their features in a file; then ``labels`` and ``held_out`` are those that
        it was given, and what needs images, the scores of classifiers, is left out.
    features : str or FeatureSpace, default="auto"
        The space to compare in; features are found of all images. "pixels" is
        :class:`~latentia.evaluation.features.PixelFeatures`, "random" is
        ``RandomConvFeatures`` there, and "classifier" a ``ClassifierFeatures`` that is
        trained here: about a minute for 28×28 pixels. "auto" is "random", the space of
        the report and of the scores while a GAN is trained; without PyTorch it is
        "pixels". To compare models, give all of them the same object.
    labels : array-like of shape (n,), optional
        Classes of the real images, integers or strings; by default the sub-folders of
        a folder.
    generated_labels : array-like of shape (n,), optional
        Classes that the generated images were asked for, by default the sub-folders of
        a folder; `proportional_labels` gives them in the shares of the real ones. With
        ``labels``, every side that is cut or split is so by class, and with PyTorch
        classifiers are trained, on real and on generated images. A score that needs a
        class which a side lacks is left out, and a note names both.
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
        Images or labels of another form, an unknown space, or statistics of another
        space.
    OSError
        A folder cannot be read.
    ImportError
        The space needs PyTorch, and it is missing.

    Warns
    -----
    UserWarning
        There are no more images than features, or fewer real than generated ones;
        the classes' shares differ; or a score is left out, as a side lacks a class.

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
    made = read_given(
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
) -> tuple[Given, Given | None, tuple[int, ...]]:
    """Return the real images, those held out if there are any, and an image's shape."""
    if isinstance(real, ImageStatistics):
        if labels is not None or held_out is not None:
            raise ValueError(
                "labels and held_out must be given to image_statistics, which keeps "
                "them, not beside the statistics"
            )
        return *real.real_and_held_out(), real.image_shape
    given = read_given(real, labels, "real", name_of_labels="labels", least=2 * LEAST)
    assert given.images is not None
    shape = given.images.shape[1:]
    return given, read_held_out(held_out, shape), shape


def _with_labels_alike(
    made: Given, real: Given, held_out: Given | None
) -> tuple[Given, Given, Given | None, tuple[str, ...]]:
    """Return the splits with labels of one kind, and a note if no class is shared."""
    if made.labels is None or real.labels is None:
        return made, real, held_out, ()
    made_labels, labels = same_kind(made.labels, real.labels)
    note: tuple[str, ...] = ()
    if not np.isin(made_labels, labels).any():
        note = (
            f"scores by class are left out: the classes of the generated images "
            f"({in_words(made_labels)}) are none of the real ones' "
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
    made: Given,
    real: Given,
    held_out: Given | None,
    splits: Splits,
) -> dict[str, Any]:
    """Return the parts of an Evaluation that features decide."""
    # Of all real images at once: rows of another batch may differ in the last bit, and
    # kept features would then give other scores.
    of_real = _features(space, real, "real")
    training = of_real[splits.training_rows]
    generated = _features(space, made, "generated")
    if held_out is None or splits.unseen_rows is not None:
        unseen = of_real[splits.unseen_rows]
    else:
        unseen = _features(space, held_out, "held-out")
    reference = training[splits.training.rows]
    scores = _distances(reference, generated[splits.generated.rows])
    floors = _distances(reference, unseen[splits.unseen.rows])
    copies = memorisation(training, generated, unseen, percentile=_PERCENTILE)
    neighbours = splits.training_rows[copies.neighbours]
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


def _features(space: FeatureSpace, given: Given, name: str) -> Features:
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
            f"{n} images a side for {n_features} features: covariances are singular, "
            "and the Fréchet distance is biased upwards, the floor's too"
        )
    n_generated = splits.generated.given.n
    if n < n_generated:
        notes.append(
            f"only {n} of {n_generated} generated images are compared, as there are no "
            "more real ones to compare them with"
        )
    if _apart(splits):
        made, real = _labels_of(splits)
        notes.append(
            f"the classes of the generated images ({in_words(made)}) have other shares "
            f"than those of the real ones ({in_words(real)}): the distances and "
            "coverage measure that, too; generate proportional_labels(labels, n)"
        )
    return tuple(notes)


def _labels_of(splits: Splits) -> tuple[Any, Any]:
    return splits.generated.given.labels, splits.training.given.labels


def _apart(splits: Splits) -> bool:
    """Tell whether generated and real classes have other shares."""
    made, real = _labels_of(splits)
    if made is None or real is None:
        return False
    rounding = len(np.unique(real)) / len(made) / 2
    return shares_apart(made, real) > max(_APART, rounding)


def _classes(splits: Splits) -> str:
    """Say how the classes of the generated images were drawn."""
    labels = splits.generated.compared().labels
    if labels is None:
        return ""
    drawn = "classes"
    if splits.training.given.labels is not None and not _apart(splits):
        drawn = "classes drawn in the shares of the real images"
    return f"{drawn}: {in_words(labels)}"
