"""Ctrl-C during a fit: the fit keeps its best result, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sklearn.exceptions import ConvergenceWarning

_ends_all = ContextVar("ctrl_c_ends_all", default=False)


class FitInterruptedWarning(ConvergenceWarning):  # type: ignore[misc]
    """Ctrl-C ended a fit, which keeps its best result.

    Examples
    --------
    >>> import warnings
    >>> from latentia.mixture import FitInterruptedWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", FitInterruptedWarning)
    ...     # A fit that Ctrl-C ends here raises, and does not keep its best result.
    """


@contextmanager
def ctrl_c_ends_all() -> Iterator[None]:
    """Make fits raise KeyboardInterrupt on Ctrl-C and keep nothing.

    For work that consists of several fits: with the result of an interrupted fit it
    would be incomplete, and the other fits would continue.
    """
    token = _ends_all.set(True)
    try:
        yield
    finally:
        _ends_all.reset(token)


def keeps_what_is_found() -> bool:
    """Whether a fit that is ended by Ctrl-C keeps its best result."""
    return not _ends_all.get()
