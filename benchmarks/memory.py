"""Working memory: the peak of a method beyond its data."""

from collections.abc import Callable
from functools import partial

from latentia.benchmarks.data import A
from latentia.benchmarks.results import Quantity
from latentia.benchmarks.timing import peak_extra_memory

MIB = 2**20

_WARM_UP_ROWS = 200


def extra_memory(make: Callable[[], A], run: Callable[[A], object]) -> Quantity | None:
    """Measure what ``run(make())`` takes beyond the matrix, its answer included.

    It runs in a process of its own that has called ``run`` on a few rows before: code
    and thread pools, which are loaded once, are not counted.

    Parameters
    ----------
    make : callable
        Makes the matrix. Like ``run`` it is sent to another process.
    run : callable

    Returns
    -------
    Quantity or None
        In MiB; None where the system does not tell.
    """
    peak = peak_extra_memory(partial(_made_and_warmed_up, make, run), run)
    return None if peak is None else Quantity(peak / MIB, "MiB")


def _made_and_warmed_up(make: Callable[[], A], run: Callable[[A], object]) -> A:
    matrix = make()
    run(matrix[:_WARM_UP_ROWS])
    return matrix
