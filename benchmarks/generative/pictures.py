"""The pictures that the suite trains on, and those that it judges by."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentia import datasets
from latentia.benchmarks.results import Size
from latentia.datasets import LabelledImages

_N_TEST_DIGITS = 500


@dataclass(frozen=True, slots=True)
class Pictures:
    """A named set, whose test part no contestant sees."""

    name: str
    train: LabelledImages
    test: LabelledImages

    @property
    def n_classes(self) -> int:
        """Number of kinds."""
        return len(self.train.classes)

    @property
    def n_generated(self) -> int:
        """As many as there are to compare with."""
        return len(self.test.images)

    def labels_in_turn(self) -> NDArray[np.int64]:
        """Return the class that each generated image is asked to be of."""
        return np.arange(self.n_generated) % self.n_classes


def load_pictures(size: Size) -> Pictures:
    """Load Fashion-MNIST, or the digits for the small size.

    Parameters
    ----------
    size : {"small", "full"}

    Returns
    -------
    Pictures

    Raises
    ------
    FileNotFoundError
        If Fashion-MNIST is not on this machine.
    """
    if size == "full":
        test = datasets.load_fashion_mnist(split="test")
        return Pictures("Fashion-MNIST", datasets.load_fashion_mnist(), test)
    digits = datasets.load_digits()
    return Pictures(
        "digits",
        _part(digits, slice(None, -_N_TEST_DIGITS)),
        _part(digits, slice(-_N_TEST_DIGITS, None)),
    )


def _part(pictures: LabelledImages, rows: slice) -> LabelledImages:
    return LabelledImages(
        pictures.images[rows], pictures.labels[rows], pictures.classes
    )
