"""All scores that apply to generated images, in one feature space, as a report."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from latentia._arguments import as_random, check_choice, draw_seed
from latentia._warnings import warn_caller
from latentia.evaluation._samples import Features, check_features
from latentia.evaluation._sides import HeldOut, Sides, arrange
from latentia.evaluation.classification import conditional_accuracy, train_on_generated
from latentia.evaluation.density_coverage import density_coverage
from latentia.evaluation.evaluation import Evaluation, Score
from latentia.evaluation.features import FeatureSpace, PixelFeatures
from latentia.evaluation.frechet import frechet_distance
from latentia.evaluation.kernel_distance import kernel_distance
from latentia.evaluation.memorisation import memorisation

_SPACES = ("auto", "pixels", "random", "classifier")
_NEIGHBOURS = 5
_BLOCKS = 10
_PERCENTILE = 1.0


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
        trained here: about a minute for 28×28 pixels. "auto" takes the classifier if
        there are labels and PyTorch, else pixels. To compare models, give all of them
        the same object.
    labels : array-like of shape (n,), optional
        Classes of the real images, integers or strings.
    generated_labels : array-like of shape (n,), optional
        Classes that the generated images were asked for. With ``labels`` and PyTorch,
        two more classifiers are trained, on generated and on real images.
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
        There are no more images than features, or fewer real than generated ones.
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
    parts = _feature_scores(space, sides) | _classifier_scores(space, sides, random)
    n, n_generated = len(sides.generated.rows), len(sides.generated.images)
    notes = _notes(n, parts["n_features"], n_generated)
    for note in notes:
        warn_caller(note, UserWarning)
    return Evaluation(
        features=space.name,
        n=n,
        n_generated=n_generated,
        n_real=len(np.asarray(real)),
        n_held_out=0 if held_out is None else len(sides.unseen.images),
        notes=notes,
        **parts,
    )


def _space(features: str | FeatureSpace, sides: Sides, random: Any) -> FeatureSpace:
    images, labels, _ = sides.training
    if not isinstance(features, str):
        return features
    if features == "auto":
        learnable = labels is not None and _has_torch()
        features = "classifier" if learnable else "pixels"
    if features == "pixels":
        return PixelFeatures(images)
    if features == "classifier" and labels is None:
        raise ValueError("features='classifier' needs the labels of the real images")
    from latentia.evaluation.features import ClassifierFeatures, RandomConvFeatures

    one_class = labels is not None and len(np.unique(labels)) < 2
    if labels is None or features == "random" or (features == "auto" and one_class):
        return RandomConvFeatures()
    return ClassifierFeatures.train(images, labels, random_state=draw_seed(random))


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


def _classifier_scores(
    space: FeatureSpace, sides: Sides, random: Any
) -> dict[str, Score | None]:
    """Return the parts that labels decide, where both sides have them."""
    made, made_labels = sides.generated.compared()
    real, labels = sides.training.compared()
    test, test_labels, _ = sides.unseen
    none: dict[str, Score | None] = {
        "conditional_accuracy": None,
        "train_on_generated": None,
    }
    if made_labels is None or labels is None or not _has_torch():
        return none
    if len(np.unique(labels)) < 2:
        return none  # there is nothing to tell apart
    from latentia.evaluation.features import ClassifierFeatures

    seed = draw_seed(random)
    trained = ClassifierFeatures.train(real, labels, random_state=seed)
    judge = space if isinstance(space, ClassifierFeatures) else trained
    accuracy = conditional_accuracy(judge, made, made_labels)
    if test_labels is None:
        return none | {"conditional_accuracy": Score(accuracy, None)}
    if len(np.unique(made_labels)) < 2:
        floor = conditional_accuracy(judge, test, test_labels)
        return none | {"conditional_accuracy": Score(accuracy, floor)}
    floor = conditional_accuracy(judge, test, test_labels)
    return {
        "conditional_accuracy": Score(accuracy, floor),
        "train_on_generated": Score(
            train_on_generated(made, made_labels, test, test_labels, random_state=seed),
            conditional_accuracy(trained, test, test_labels),
        ),
    }


def _notes(n: int, n_features: int, n_generated: int) -> tuple[str, ...]:
    notes = []
    if n <= n_features:
        notes.append(
            f"{n} images a side for {n_features} features: covariances are singular, "
            "and the Fréchet distance is biased upwards, the floor's too"
        )
    if n < n_generated:
        notes.append(
            f"only {n} of {n_generated} generated images are compared, as there are no "
            "more real ones to compare them with"
        )
    return tuple(notes)


def _has_torch() -> bool:
    return find_spec("torch") is not None
