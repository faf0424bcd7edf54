"""Who is compared with whom: images trained on, generated ones, unseen real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.evaluation._images import Images, check_images, check_labels

Rows = NDArray[np.intp]
HeldOut = ArrayLike | tuple[ArrayLike, ArrayLike]

_LEAST = 4


class Side(NamedTuple):
    """Images, their labels if there are any, and which of them are compared."""

    images: Images
    labels: NDArray[Any] | None
    rows: Rows

    def compared(self) -> tuple[Images, NDArray[Any] | None]:
        """Return the images and labels that are compared."""
        labels = self.labels
        return self.images[self.rows], None if labels is None else labels[self.rows]


@dataclass(frozen=True, eq=False)
class Sides:
    """The three sides; as many rows are compared of each.

    ``training_rows`` are those of the real images that ``training`` consists of.
    """

    training: Side
    generated: Side
    unseen: Side
    training_rows: Rows


def arrange(
    generated: ArrayLike,
    real: ArrayLike,
    labels: ArrayLike | None,
    generated_labels: ArrayLike | None,
    held_out: HeldOut | None,
    random: Any,
) -> Sides:
    """Return the sides; real images take the place of ``held_out`` if it is None."""
    images = check_images(real, "real", least=2 * _LEAST)
    made = check_images(generated, "generated", least=_LEAST, shape=images.shape[1:])
    known = _labels(labels, len(images), "labels")
    made_labels = _labels(generated_labels, len(made), "generated_labels")
    if held_out is None:
        order = random.permutation(len(images))
        n_unseen = min(len(made), len(images) // 2)
        apart, rest = order[:n_unseen], np.sort(order[n_unseen:])
        others, others_labels = images[apart], None if known is None else known[apart]
    else:
        pair = held_out if isinstance(held_out, tuple) else (held_out, None)
        others = check_images(pair[0], "held_out", least=_LEAST, shape=images.shape[1:])
        others_labels = _labels(pair[1], len(others), "the labels of held_out")
        rest = np.arange(len(images))
    n = min(len(rest), len(made), len(others))

    def side(images: Images, labels: NDArray[Any] | None) -> Side:
        return Side(images, labels, np.sort(random.permutation(len(images))[:n]))

    return Sides(
        training=side(images[rest], None if known is None else known[rest]),
        generated=side(made, made_labels),
        unseen=side(others, others_labels),
        training_rows=rest,
    )


def _labels(labels: ArrayLike | None, n: int, name: str) -> NDArray[Any] | None:
    return None if labels is None else check_labels(labels, n, name)
