"""Who is compared with whom: images trained on, generated ones, unseen real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.evaluation._images import Images, check_images, check_labels
from latentia.evaluation.shares import draw_by_class

Rows = NDArray[np.intp]
HeldOut = ArrayLike | tuple[ArrayLike, ArrayLike | None]

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
    """Return the sides; real images take the place of ``held_out`` if it is None.

    Where generated and real images have labels, every side is a stratified sample: its
    classes have the shares that they have in all of its images.
    """
    images = check_images(real, "real", least=2 * _LEAST)
    made = check_images(generated, "generated", least=_LEAST, shape=images.shape[1:])
    known = _labels(labels, len(images), "labels")
    made_labels = _labels(generated_labels, len(made), "generated_labels")
    strata = known if made_labels is not None else None
    if held_out is None:
        n_unseen = min(len(made), len(images) // 2)
        apart, rest = _set_apart(strata, len(images), n_unseen, random)
        others, others_labels = images[apart], None if known is None else known[apart]
    else:
        pair = held_out if isinstance(held_out, tuple) else (held_out, None)
        others = check_images(pair[0], "held_out", least=_LEAST, shape=images.shape[1:])
        others_labels = _labels(pair[1], len(others), "the labels of held_out")
        rest = np.arange(len(images))
    n = min(len(rest), len(made), len(others))

    def side(images: Images, labels: NDArray[Any] | None) -> Side:
        if strata is not None and labels is not None:
            return Side(images, labels, draw_by_class(labels, n, random))
        return Side(images, labels, np.sort(random.permutation(len(images))[:n]))

    return Sides(
        training=side(images[rest], None if known is None else known[rest]),
        generated=side(made, made_labels),
        unseen=side(others, others_labels),
        training_rows=rest,
    )


def _set_apart(
    strata: NDArray[Any] | None, n: int, n_unseen: int, random: Any
) -> tuple[Rows, Rows]:
    """Return the rows that are taken for unseen, and the others.

    By class, each class keeps a row for the training; where that leaves too few, as
    with one image a class, the split does not look at classes.
    """
    if strata is not None:
        apart = draw_by_class(strata, n_unseen, random, leave=1)
        if len(apart) >= min(_LEAST, n_unseen):
            return apart, np.setdiff1d(np.arange(n), apart)
    order = random.permutation(n)
    return order[:n_unseen], np.sort(order[n_unseen:])


def _labels(labels: ArrayLike | None, n: int, name: str) -> NDArray[Any] | None:
    return None if labels is None else check_labels(labels, n, name)
