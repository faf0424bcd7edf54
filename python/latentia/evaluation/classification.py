"""Scores from a classifier: whether generated images show the requested class."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import did_you_mean
from latentia.evaluation._images import check_images, check_labels


class ImageClassifier(Protocol):
    """Interface of a classifier, such as ``features.ClassifierFeatures``.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The labels.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.evaluation import conditional_accuracy
    >>> class Brightness:
    ...     classes = np.array(["dark", "light"])
    ...
    ...     def predict(self, images):
    ...         return (images.mean(axis=(1, 2)) > 127).astype(int)
    >>> images = np.stack([np.full((8, 8), level, np.uint8) for level in (10, 200)])
    >>> conditional_accuracy(Brightness(), images, ["dark", "light"])
    1.0
    """

    classes: NDArray[Any]

    def predict(self, images: ArrayLike) -> NDArray[np.int64]:
        """Return the class of each image, as an index into ``classes``."""


def conditional_accuracy(
    classifier: ImageClassifier, generated: ArrayLike, wanted: ArrayLike
) -> float:
    """Return the share of generated images that show their requested class.

    Parameters
    ----------
    classifier : ImageClassifier
        Trained on real images, such as ``ClassifierFeatures.train(images, labels)``.
    generated : array-like of shape (n, H, W) or (n, H, W, C)
        uint8, or float in 0..1.
    wanted : array-like of shape (n,)
        The requested class of each image.

    Returns
    -------
    float
        0..1, larger is better. Compare it with the accuracy of the classifier on real
        images that it was not trained on.

    Raises
    ------
    ValueError, TypeError
        Images or labels of another form, or a label that is not a class of the
        classifier.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation import conditional_accuracy
    >>> digits = load_digits()
    >>> images, labels = digits.images, digits.labels
    >>> class NearestMean:
    ...     classes = np.arange(10)
    ...     means = np.stack([images[labels == i].mean(axis=0) for i in range(10)])
    ...
    ...     def predict(self, images):
    ...         square = (images[:, None] - self.means) ** 2
    ...         return square.sum(axis=(2, 3)).argmin(axis=1)
    >>> conditional_accuracy(NearestMean(), images, labels) > 0.8
    True
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

    It decreases if generated images show another class than requested, or lack the
    variety of real images.

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
        "cpu", "cuda" or "cuda:1"; "auto" is CUDA if available, else the CPU.

    Returns
    -------
    float
        0..1, larger is better. Compare it with the accuracy after training on the same
        number of real images.

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

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation import train_on_generated
    >>> digits = load_digits()  # real images take the place of generated ones
    >>> accuracy = train_on_generated(
    ...     digits.images[:200],
    ...     digits.labels[:200],
    ...     digits.images[200:400],
    ...     digits.labels[200:400],
    ...     random_state=0,
    ... )
    >>> accuracy > 0.4
    True
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
    known = classes.tolist()
    unknown = sorted(set(labels.tolist()) - set(known), key=str)
    if unknown:
        raise ValueError(
            f"{name} must be among {', '.join(map(repr, known[:20]))}, got "
            f"{unknown[0]!r}{did_you_mean(unknown[0], known)}"
        )
