"""What Ctrl-C leaves behind: a fit that has come as far as it has, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sklearn.exceptions import ConvergenceWarning

_ends_all = ContextVar("ctrl_c_ends_all", default=False)


class FitInterruptedWarning(ConvergenceWarning):  # type: ignore[misc]
    """Ctrl-C ended a fit, which keeps the best that it had found."""


@contextmanager
def ctrl_c_ends_all() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt out of fits too, which keep nothing then.

    For work of which a fit is a part: half of it, made of what one cut-short fit had
    found, would be taken for the whole, and the fits still to come would go on.
    """
    token = _ends_all.set(True)
    try:
        yield
    finally:
        _ends_all.reset(token)


def keeps_what_is_found() -> bool:
    """Whether a fit that Ctrl-C ends is to return what it has: not in such work."""
    return not _ends_all.get()
