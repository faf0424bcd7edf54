"""A call that fails leaves its estimator as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def restored_on_error(estimator: object) -> Iterator[None]:
    """Give an estimator its attributes back if the block raises.

    The block sets attributes, and does not write into the arrays that they hold.
    """
    attributes = vars(estimator)
    before = attributes.copy()
    try:
        yield
    except BaseException:
        attributes.clear()
        attributes.update(before)
        raise
