"""Time and memory of functions that are compared with each other."""

import ctypes
import multiprocessing
import re
import signal
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")
D = TypeVar("D")
R = TypeVar("R")

_PAUSE = 0.1  # seconds; OpenBLAS's threads fall asleep within 0.1 s, OpenMP's sooner


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
    functions: Mapping[str, Callable[[], T]], *, repeats: int
) -> dict[str, Timing[T]]:
    """Time functions in turn, so that a slow minute of the machine meets them all.

    Each runs once untimed; then come ``repeats`` rounds A B C, B C A, C A B, …. Before
    each run there is a pause of 0.1 s: a BLAS keeps its idle threads spinning for a
    while, and they would take the cores of whoever runs next.

    Parameters
    ----------
    functions : mapping of str to callable
    repeats : int
        Timed runs of each function, 1 or more.

    Returns
    -------
    dict of str to Timing
        In the order of ``functions``.

    Raises
    ------
    ValueError
        If ``repeats`` is below 1.
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    names = list(functions)
    results = {name: functions[name]() for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        first = turn % max(len(names), 1)
        for name in names[first:] + names[:first]:
            seconds, results[name] = _timed(functions[name])
            times[name].append(seconds)
    return {name: Timing(tuple(times[name]), results[name]) for name in names}


def _timed(function: Callable[[], T]) -> tuple[float, T]:
    time.sleep(_PAUSE)
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def peak_extra_memory(build: Callable[[], D], run: Callable[[D], object]) -> int | None:
    """Peak memory of ``run(build())`` above what was resident before ``run``.

    Measured in a fresh process, so that nothing freed earlier can be used again unseen.
    Both functions are sent there and have to be importable: functions of a module or
    ``functools.partial`` of them.

    Parameters
    ----------
    build : callable
        Makes the data; what it takes is not counted.
    run : callable
        What is measured, its results included.

    Returns
    -------
    int or None
        Bytes, to within a MiB, as the kernel counts in batches; None where the system
        keeps no resettable peak (any but Linux).
    """
    if sys.platform != "linux":
        return None
    return in_fresh_process(_peak_above_start, build, run)


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
    before = _status_bytes("VmHWM")
    result = run(data)
    peak = _status_bytes("VmHWM")
    del result
    return peak - before


def _return_freed_memory() -> None:
    """Give freed heap back to the system: ``run`` would fill it without being seen."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # musl has none
        trim(0)


def _status_bytes(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise OSError(f"/proc/self/status has no line {field!r}")
    return int(found[1]) * 1024
