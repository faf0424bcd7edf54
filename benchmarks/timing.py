"""Time and memory of functions that are compared with each other."""

import ctypes
import math
import multiprocessing
import re
import signal
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import active_children
from pathlib import Path
from typing import Any, Generic, TypeVar

import threadpoolctl
from sklearn.exceptions import ConvergenceWarning

from latentia.benchmarks.results import Quantity

T = TypeVar("T")
D = TypeVar("D", bound=Any)
R = TypeVar("R")

MIB = 2**20

_PAUSE = 0.1  # seconds; OpenBLAS's threads fall asleep within 0.1 s, OpenMP's sooner
_WARM_UP_ROWS = 200


@dataclass(frozen=True, slots=True)
class Timing(Generic[T]):
    """The seconds of each run of a function, and what its last run returned."""

    times: tuple[float, ...]
    result: T

    @property
    def median(self) -> float:
        """Median of ``times``, in seconds."""
        return statistics.median(self.times)


def interleaved(
    functions: Mapping[str, Callable[[], T]],
    *,
    repeats: int,
    seconds: float = math.inf,
) -> dict[str, Timing[T]]:
    """Time functions in turn, so that a slow minute of the machine meets them all.

    Each runs once untimed; then come ``repeats`` rounds A B C, B C A, C A B, …. Before
    each run there is a pause of 0.1 s: a BLAS keeps its idle threads spinning for a
    while, and they would take the cores of whoever runs next. After ``seconds`` no
    other round begins, but there is one at least.
    """
    end = time.perf_counter() + seconds
    names = list(functions)
    results = {name: functions[name]() for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        if turn > 0 and time.perf_counter() > end:
            break
        first = turn % max(len(names), 1)
        for name in names[first:] + names[:first]:
            time.sleep(_PAUSE)
            once = timed(functions[name])
            results[name] = once.result
            times[name] += once.times
    return {name: Timing(tuple(times[name]), results[name]) for name in names}


def timed(function: Callable[[], T]) -> Timing[T]:
    """Run a function once, with a look at the clock before and after."""
    start = time.perf_counter()
    result = function()
    return Timing((time.perf_counter() - start,), result)


def unconverged(function: Callable[..., R], *arguments: Any) -> R:
    """Call what fits a set number of iterations, which are not meant to converge."""
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return function(*arguments)


def one_blas_thread() -> AbstractContextManager[Any]:
    """Limit every BLAS to one thread within a ``with``.

    NumPy and SciPy may bring a BLAS each, whose threads spin against each other;
    scikit-learn calls both in turn, and on few cores one thread each can be faster.
    """
    limited: AbstractContextManager[Any] = _thread_pools().limit(
        limits=1, user_api="blas"
    )
    return limited


@cache
def _thread_pools() -> threadpoolctl.ThreadpoolController:
    return threadpoolctl.ThreadpoolController()


def extra_memory(make: Callable[[], D], run: Callable[[D], object]) -> Quantity | None:
    """Measure in MiB what ``run(make())`` takes beyond the matrix, its answer included.

    It runs in a process of its own that has called ``run`` on a few rows before: code
    and thread pools, which are loaded once, are not counted, and nothing freed earlier
    can be used again unseen. Both functions are sent there and have to be importable:
    functions of a module or ``functools.partial`` of them. The number is right to
    within a MiB, as the kernel counts in batches; None where the system keeps no
    resettable peak (any but Linux).
    """
    if sys.platform != "linux":
        return None
    build = partial(_made_and_warmed_up, make, run)
    return Quantity(in_fresh_process(_peak_above_start, build, run) / MIB, "MiB")


def _made_and_warmed_up(make: Callable[[], D], run: Callable[[D], object]) -> D:
    matrix = make()
    run(matrix[:_WARM_UP_ROWS])
    return matrix


def in_fresh_process(function: Callable[..., R], *arguments: object) -> R:
    """Return what a function of a module returns in a process of its own.

    Ctrl-C ends that process too, whatever it is at: it is this one's to answer.
    """
    spawn, others = multiprocessing.get_context("spawn"), active_children()
    with ProcessPoolExecutor(
        max_workers=1,
        mp_context=spawn,
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    ) as child:
        try:
            return child.submit(function, *arguments).result()
        except KeyboardInterrupt:
            for process in set(active_children()) - set(others):
                process.terminate()
            raise


def _peak_above_start(build: Callable[[], D], run: Callable[[D], object]) -> int:
    data = build()
    _return_freed_memory()
    # 5 resets the peak to what is resident now: proc_pid_clear_refs(5).
    Path("/proc/self/clear_refs").write_text("5")
    before = resident_peak()
    result = run(data)
    peak = resident_peak()
    del result
    return peak - before


def _return_freed_memory() -> None:
    """Give freed heap back to the system: ``run`` would fill it without being seen."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # musl has none
        trim(0)


def resident_peak() -> int:
    """Return the most bytes that were resident in this process, or 0: not known."""
    return 1024 * proc_number("status", r"^VmHWM:\s+(\d+) kB$")


def proc_number(file: str, pattern: str) -> int:
    """Return a number that Linux has of this process in ``/proc/self``, or 0."""
    try:
        text = Path("/proc/self", file).read_text()
    except OSError:
        return 0
    found = re.search(pattern, text, re.MULTILINE)
    return int(found[1]) if found else 0
