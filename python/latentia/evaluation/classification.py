"""Scores that a classifier gives: do generated images show what was asked for."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.evaluation._images import check_images, check_labels


class ImageClassifier(Protocol):
    """What judges images; ``features.ClassifierFeatures`` is one.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The labels.
    """

    classes: NDArray[Any]

    def predict(self, images: ArrayLike) -> NDArray[np.int64]:
        """Return the class of each image, as an index into ``classes``."""


def conditional_accuracy(
    classifier: ImageClassifier, generated: ArrayLike, wanted: ArrayLike
) -> float:
    """Return the share of generated images that show the class they were asked for.

    Parameters
    ----------
    classifier : ImageClassifier
        Trained on real images, such as ``ClassifierFeatures.train(images, labels)``.
    generated : array-like of shape (n, H, W) or (n, H, W, C)
        uint8, or float in 0..1.
    wanted : array-like of shape (n,)
        The labels that they were generated for.

    Returns
    -------
    float
        0..1. Compare with what the classifier reaches on real images that it was not
        trained on.

    Raises
    ------
    ValueError, TypeError
        Images or labels of another form, or a label that the classifier does not know.
    """
    images = check_images(generated, "generated")
    labels = check_labels(wanted, len(images), "wanted")
    _check_known(labels, classifier.classes, "wanted")
    return float((classifier.classes[classifier.predict(images)] == labels).mean())


def train_on_generated(
    generated: ArrayLike,
    generated_labels: ArrayLike,
    real: ArrayLike,
    labels: ArrayLike,
    *,
    random_state: Any = None,
    device: str = "auto",
) -> float:
    """Return the accuracy on real images of a classifier trained on generated ones.

    It falls where generated images show something else than they should, and where
    they lack what real ones have.

    Parameters
    ----------
    generated, real : array-like of shape (n, H, W) or (n, H, W, C)
        uint8, or float in 0..1. Real images should not be those that the generator was
        trained on.
    generated_labels, labels : array-like of shape (n,)
        Integers or strings.
    random_state : int, Generator, RandomState or None
        Seed of the training.
    device : str, default="auto"
        "cpu", "cuda" or "cuda:1"; "auto" takes CUDA where there is any.

    Returns
    -------
    float
        0..1. Compare with training on as many real images.

    Raises
    ------
    ValueError, TypeError
        Images or labels of another form, or generated labels that are not among the
        real ones.
    ImportError
        PyTorch is missing.

    References
    ----------
    S. Ravuri and O. Vinyals, "Classification accuracy score for conditional generative
    models", NeurIPS 2019.
    """
    from latentia.evaluation.features import ClassifierFeatures

    images = check_images(real, "real")
    known = check_labels(labels, len(images), "labels")
    made = check_images(generated, "generated", least=2)
    made_labels = check_labels(generated_labels, len(made), "generated_labels")
    _check_known(made_labels, np.unique(known), "generated_labels")
    classifier = ClassifierFeatures.train(
        made, made_labels, random_state=random_state, device=device
    )
    return float((classifier.classes[classifier.predict(images)] == known).mean())


def _check_known(labels: NDArray[Any], classes: NDArray[Any], name: str) -> None:
    strange = sorted(set(labels.tolist()) - set(classes.tolist()), key=str)
    if strange:
        raise ValueError(
            f"{name} has the unknown label {strange[0]!r}; known are "
            f"{', '.join(map(repr, classes.tolist()[:20]))}"
        )
