"""Which images are compared: training images, generated ones and unseen real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia.evaluation.inputs import ImageInput, Rows
from latentia.evaluation.shares import draw_by_class

LEAST = 4
"""Fewest images of a set; of real ones, which may be split in two, twice as many."""


class Split(NamedTuple):
    """A set of images, and which of its rows are compared."""

    given: ImageInput
    rows: Rows

    def compared(self) -> ImageInput:
        """Return the images that are compared."""
        return self.given.take(self.rows)


@dataclass(frozen=True, eq=False)
class Splits:
    """Three sets of images; the same number of rows of each is compared.

    ``training_rows`` are the rows of the real images that form ``training``,
    ``unseen_rows`` those that form ``unseen``; None if held-out images were given.
    """

    training: Split
    generated: Split
    unseen: Split
    training_rows: Rows
    unseen_rows: Rows | None


def make_splits(
    generated: ImageInput, real: ImageInput, held_out: ImageInput | None, random: Any
) -> Splits:
    """Return the three sets; without ``held_out`` the real images are split in two.

    If generated and real images have labels, every set is a stratified sample: its
    classes have the same shares as in all images of the set.
    """
    strata = real.labels if generated.labels is not None else None
    apart = None
    rest: Rows = np.arange(real.n)
    if held_out is None:
        n_unseen = min(generated.n, real.n // 2)
        apart, rest = _set_apart(strata, real.n, n_unseen, random)
        held_out = real.take(apart)
    n = min(len(rest), generated.n, held_out.n)

    def split(given: ImageInput) -> Split:
        if strata is not None and given.labels is not None:
            return Split(given, draw_by_class(given.labels, n, random))
        return Split(given, np.sort(random.permutation(given.n)[:n]))

    return Splits(
        training=split(real.take(rest)),
        generated=split(generated),
        unseen=split(held_out),
        training_rows=rest,
        unseen_rows=apart,
    )


def _set_apart(
    strata: NDArray[Any] | None, n: int, n_unseen: int, random: Any
) -> tuple[Rows, Rows]:
    """Return the rows of the unseen images, and the others.

    The split is by class, and each class keeps a row for the training. Where too few
    rows remain, as with one image per class, the split ignores classes.
    """
    if strata is not None:
        apart = draw_by_class(strata, n_unseen, random, leave=1)
        if len(apart) >= min(LEAST, n_unseen):
            return apart, np.setdiff1d(np.arange(n), apart)
    order = random.permutation(n)
    return order[:n_unseen], np.sort(order[n_unseen:])
