"""The three sets that are compared: training, generated and held-out real images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia.evaluation._given import Given, Rows
from latentia.evaluation.shares import draw_by_class

LEAST = 4
"""Images of a split; of real images, which may be split in two, twice as many."""


class Split(NamedTuple):
    """A set of images as it was given, and which of its rows are compared."""

    given: Given
    rows: Rows

    def compared(self) -> Given:
        """Return the rows that are compared."""
        return self.given.take(self.rows)


@dataclass(frozen=True, eq=False)
class Splits:
    """The three sets of images; the same number of rows is compared of each.

    ``training_rows`` are the rows of the real images that form ``training``,
    ``unseen_rows`` those that were held out of them; None if the user gave held-out
    images.
    """

    training: Split
    generated: Split
    unseen: Split
    training_rows: Rows
    unseen_rows: Rows | None


def make_splits(
    generated: Given, real: Given, held_out: Given | None, random: Any
) -> Splits:
    """Return the splits; where ``held_out`` is None, part of ``real`` is held out.

    Where generated and real images have labels, every split is a stratified sample: its
    classes have the proportions that they have in all of its images.
    """
    strata = real.labels if generated.labels is not None else None
    apart = None
    rest: Rows = np.arange(real.n)
    if held_out is None:
        n_unseen = min(generated.n, real.n // 2)
        apart, rest = _set_apart(strata, real.n, n_unseen, random)
        held_out = real.take(apart)
    n = min(len(rest), generated.n, held_out.n)

    def split(given: Given) -> Split:
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
    """Return the rows that are held out, and the others.

    A stratified split keeps a row of each class for the training. Where that leaves
    too few rows, as with one image a class, the split ignores the classes.
    """
    if strata is not None:
        apart = draw_by_class(strata, n_unseen, random, leave=1)
        if len(apart) >= min(LEAST, n_unseen):
            return apart, np.setdiff1d(np.arange(n), apart)
    order = random.permutation(n)
    return order[:n_unseen], np.sort(order[n_unseen:])
