"""Who is compared with whom: images trained on, generated ones, unseen real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia.evaluation._given import Given, Rows
from latentia.evaluation.shares import draw_by_class

LEAST = 4
"""Images of a side; of real ones, which may be split, twice as many."""


class Side(NamedTuple):
    """A side as it was given, and which of its rows are compared."""

    given: Given
    rows: Rows

    def compared(self) -> Given:
        """Return what is compared."""
        return self.given.take(self.rows)


@dataclass(frozen=True, eq=False)
class Sides:
    """The three sides; as many rows are compared of each.

    ``training_rows`` are those of the real images that ``training`` consists of,
    ``unseen_rows`` those that were set apart; None if images were held out.
    """

    training: Side
    generated: Side
    unseen: Side
    training_rows: Rows
    unseen_rows: Rows | None


def arrange(
    generated: Given, real: Given, held_out: Given | None, random: Any
) -> Sides:
    """Return the sides; real images take the place of ``held_out`` if it is None.

    Where generated and real images have labels, every side is a stratified sample: its
    classes have the shares that they have in all of its images.
    """
    strata = real.labels if generated.labels is not None else None
    apart = None
    rest: Rows = np.arange(real.n)
    if held_out is None:
        n_unseen = min(generated.n, real.n // 2)
        apart, rest = _set_apart(strata, real.n, n_unseen, random)
        held_out = real.take(apart)
    n = min(len(rest), generated.n, held_out.n)

    def side(given: Given) -> Side:
        if strata is not None and given.labels is not None:
            return Side(given, draw_by_class(given.labels, n, random))
        return Side(given, np.sort(random.permutation(given.n)[:n]))

    return Sides(
        training=side(real.take(rest)),
        generated=side(generated),
        unseen=side(held_out),
        training_rows=rest,
        unseen_rows=apart,
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
        if len(apart) >= min(LEAST, n_unseen):
            return apart, np.setdiff1d(np.arange(n), apart)
    order = random.permutation(n)
    return order[:n_unseen], np.sort(order[n_unseen:])
