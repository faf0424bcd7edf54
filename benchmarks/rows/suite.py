"""The rows suite: files larger than memory, Dask, and what a source costs."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path

from latentia.benchmarks.results import Results, Size
from latentia.benchmarks.rows.comparing import DIFFERENCE, IN_MEMORY
from latentia.benchmarks.rows.compressed import compressed_steps
from latentia.benchmarks.rows.disk import scratch
from latentia.benchmarks.rows.larger import LargerThanMemory
from latentia.benchmarks.rows.on_dask import OnDask
from latentia.benchmarks.rows.sources import source_steps
from latentia.benchmarks.rows.traffic import traffic_steps
from latentia.benchmarks.runner import Found, Progress, Step, run_suite


def run_rows(size: Size, *, progress: Progress) -> Results:
    """Run the suite: a minute at the small size, twenty at the full one.

    The full size needs 20 GB of disk for a while, in the folder that
    ``LATENTIA_BENCH_CACHE`` names or in the temporary one. All of it is deleted.

    Parameters
    ----------
    size : {"small", "full"}
    progress : callable
        Called with a line of text as each step begins.

    Returns
    -------
    Results
        What needs a package or room that is not there is left out, with a note.

    Raises
    ------
    ValueError
        If ``size`` is another.
    """
    with scratch() as folder:
        return run_suite(
            "rows",
            partial(_steps, folder),
            size,
            quality=DIFFERENCE,
            baseline=IN_MEMORY,
            progress=progress,
        )


def _steps(folder: Path, size: Size) -> Iterable[Step]:
    steps = chain(
        LargerThanMemory(size, folder).steps(),
        OnDask(size, folder).steps(),
        compressed_steps(size, folder),
        traffic_steps(size, folder),
        source_steps(size, folder),
    )
    return (Step(name, partial(_if_it_can, measure)) for name, measure in steps)


def _if_it_can(measure: Callable[[], Found]) -> Found:
    """Take a step, which is left out where a package is missing."""
    try:
        return measure()
    except ImportError as error:
        raise FileNotFoundError(str(error)) from error
