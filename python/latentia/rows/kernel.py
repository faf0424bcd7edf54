"""Pass kernels, and how the sums of their blocks are added."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, Self, TypeVar

from latentia.rows.block import Array


class Sums(Protocol):
    """What a pass returns for a block: anything with ``+``."""

    def __add__(self, other: Self, /) -> Self:
        """Return the sums of both blocks."""


B = TypeVar("B")
S = TypeVar("S", bound=Sums)
R = TypeVar("R")
P = ParamSpec("P")

Kernel = Callable[[B, int], S]
"""(block of rows, number of threads) -> sums.

It is a function of a module, or ``functools.partial`` of one, so that it can be sent to
where the rows are.
"""

StateKernel = Callable[[B, int, Array], S]
"""(block of rows, number of threads, the same rows of a state) -> sums."""


def single_threaded(
    function: Callable[Concatenate[B, P], R],
) -> Callable[Concatenate[B, int, P], R]:
    """Return a kernel that calls a function which uses one thread: (block, …) -> sums.

    A decorator of functions of a module.

    Parameters
    ----------
    function : callable
        (block, …) -> sums.

    Returns
    -------
    Kernel

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, single_threaded
    >>> @single_threaded
    ... def largest(block):
    ...     return np.array([block.max()])
    >>> as_rows(np.arange(6.0).reshape(2, 3)).reduce(largest)
    array([5.])
    """

    @wraps(function)
    def kernel(block: B, n_threads: int, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return function(block, *args, **kwargs)

    return kernel


def pairwise_sum(sums: Iterable[S]) -> S:
    """Return the sum of all, in pairs: 0 + 1, 2 + 3, …, then pairs of pairs.

    The order depends only on how many there are. The rounding error grows with the
    logarithm of that number, as does the number of sums that are held at a time.

    Parameters
    ----------
    sums : iterable of S
        At least one.

    Returns
    -------
    S

    References
    ----------
    N. Higham, "The accuracy of floating point summation", SIAM Journal on Scientific
    Computing 14 (1993).

    Examples
    --------
    >>> from latentia.rows import pairwise_sum
    >>> pairwise_sum([0.5, 1.0, 2.0, 4.0])
    7.5
    """
    pending: list[tuple[int, S]] = []  # (how many were added, their sum)
    for one in sums:
        count, total = 1, one
        while pending and pending[-1][0] == count:
            before = pending.pop()
            count, total = before[0] + count, before[1] + total
        pending.append((count, total))
    _, total = pending.pop()
    while pending:
        total = pending.pop()[1] + total
    return total
