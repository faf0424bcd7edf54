"""A file that is four times as large as the memory that a fit may hold."""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import latentia
from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.rows.budget import Limit, memory_limit
from latentia.benchmarks.rows.counted import CountedRows, Tally
from latentia.benchmarks.rows.on_dask import IN_MEMORY, SPEEDUP
from latentia.benchmarks.rows.where import (
    drop_from_cache,
    read_rate,
    require_room,
    write_rows,
)
from latentia.benchmarks.runner import Found, Step, limits_step
from latentia.benchmarks.timing import (
    MIB,
    in_fresh_process,
    interleaved,
    proc_number,
    resident_peak,
    unconverged,
)
from latentia.rows import as_rows
from latentia.rows.chunked import open as open_rows

N_FEATURES = 256

_GB = 10**9
_SLACK = 1.3  # on the time that reading alone takes
_PEAK, _OVER_BOUND = "peak memory", "time over bound"


class Setting(NamedTuple):
    """How large the file is, what a fit may hold, and what it is told that it may.

    The interpreter and its libraries take a fifth of a GB that is no one's choice. In
    memory a slice of the rows is fitted, one of so many.
    """

    n_rows: int
    budget: int
    memory: str
    slices: int
    repeats: int

    @property
    def n_bytes(self) -> int:
        """Of the rows."""
        return self.n_rows * N_FEATURES * 4


SETTINGS: dict[Size, Setting] = {
    "small": Setting(200_000, 512 * MIB, "64MB", slices=4, repeats=1),
    "full": Setting(3 * 2**22, 3 * 1024 * MIB, "2GB", slices=12, repeats=2),
}


class Fit(NamedTuple):
    """An estimator and how it is called; it can be sent to another process."""

    name: str
    estimator: Callable[[], Any]
    call: str = "fit"

    def run(self, X: Any) -> None:
        """Fit it, whether or not it converges."""
        unconverged(getattr(self.estimator(), self.call), X)


_ONE: dict[str, Any] = {"max_iter": 1, "tol": 0, "random_state": 0}
_NMF = partial(latentia.NMF, 20, **_ONE)
FITS = (
    Fit("PCA, 50 components", partial(latentia.PCA, 50, random_state=0)),
    Fit("mixture of 10, 1 iteration", partial(latentia.GaussianMixture, 10, **_ONE)),
    Fit("NMF, 20 parts, 1 iteration", _NMF, call="fit_transform"),
)


class Ran(NamedTuple):
    """What a fit under the limit took; what the system does not tell is 0."""

    seconds: float
    tally: Tally
    bytes_read: int
    from_disk: int
    peak: int


@dataclass
class LargerThanMemory:
    """The file, made when it is first asked for, and the fits of it."""

    size: Size
    folder: Path

    @property
    def setting(self) -> Setting:
        """That of the size."""
        return SETTINGS[self.size]

    def steps(self) -> Iterator[Step]:
        """List the fits, and what was measured of the file."""
        n_rows, n_bytes = self.setting.n_rows, self.setting.n_bytes
        shape = f"{n_rows}×{N_FEATURES} float32, {n_bytes / _GB:.3g} GB"
        for fit in FITS:
            name = f"{fit.name}, of {shape}"
            yield Step(name, partial(self.run, name, fit))
        yield limits_step("sequential read of the file", self._limits)

    def run(self, name: str, fit: Fit) -> Found:
        """Fit the file under the limit, and a slice of it in memory."""
        tally, in_memory = self._in_memory(fit)
        drop_from_cache(self.path)
        with memory_limit(self.setting.budget) as limit:
            try:
                ran = in_child(fit, self.path, self.setting.memory, limit)
            except BrokenProcessPool:  # it needed more, and the system ended it
                stayed = Quantity(0, target=Target("≥", 1))
                return Found(limits={f"{name}: ended within {limit.kind}": stayed})
        passes = ran.tally.passes / max(tally.passes, 1)
        scaled = [s * self.setting.slices * passes for s in in_memory]
        measures = self._judge(ran, float(np.median(scaled)))
        baseline = {SPEEDUP: Quantity(1, "×")}
        return Found(
            [
                MethodResult(name, LATENTIA, (ran.seconds,), measures),
                MethodResult(name, IN_MEMORY, tuple(scaled), baseline),
            ]
        )

    @cached_property
    def path(self) -> Path:
        """The file."""
        # Its half again: where W goes when it is too large for the budget.
        require_room(self.folder, self.setting.n_bytes * 3 // 2)
        path = self.folder / "rows.npy"
        write_rows(path, self.setting.n_rows, N_FEATURES)
        return path

    @cached_property
    def rate(self) -> Quantity:
        """Bandwidth of plain reads."""
        return read_rate(self.path)

    def _in_memory(self, fit: Fit) -> tuple[Tally, tuple[float, ...]]:
        """Return the passes and the seconds of fits of a slice."""
        n_rows = self.setting.n_rows // self.setting.slices
        rows = np.array(np.load(self.path, mmap_mode="r")[:n_rows])
        runs = {IN_MEMORY: partial(_counted, fit, rows)}
        timing = interleaved(runs, repeats=self.setting.repeats)[IN_MEMORY]
        return timing.result, timing.times

    def _judge(self, ran: Ran, compute: float) -> Measures:
        bound = _SLACK * ran.bytes_read / (self.rate.value * _GB) + compute
        full, budget = self.size == "full", self.setting.budget / MIB
        over, peak = Target("≤", 1), Target("≤", budget)
        measures = {
            SPEEDUP: Quantity(compute / ran.seconds, "×"),
            "passes": Quantity(ran.tally.passes, "reads"),
            "bytes read": Quantity(ran.bytes_read / _GB, "GB"),
            "from the disk": Quantity(ran.from_disk / _GB, "GB"),
            "bound": Quantity(bound, "s"),
            _OVER_BOUND: Quantity(ran.seconds / bound, "×", over if full else None),
            _PEAK: Quantity(ran.peak / MIB, "MiB", peak if full else None),
        }
        unknown = () if ran.peak else (_PEAK, "from the disk")
        return {name: q for name, q in measures.items() if name not in unknown}

    def _limits(self) -> Measures:
        with memory_limit(self.setting.budget) as limit:
            budget = f"memory budget, kept by {limit.kind}"
        return {
            "sequential read of the file, cold": self.rate,
            budget: Quantity(self.setting.budget / MIB, "MiB"),
        }


def in_child(fit: Fit, path: Path, memory: str, limit: Limit) -> Ran:
    """Fit a .npy file in a process of its own, under the limit.

    ``memory`` is what ``latentia.rows.open`` is told. It raises BrokenProcessPool if
    the system ended the process, as it needed more.
    """
    return in_fresh_process(_fit_file, fit, path, memory, limit)


def _counted(fit: Fit, X: Any) -> Tally:
    rows = CountedRows(as_rows(X))
    fit.run(rows)
    return rows.tally


def _fit_file(fit: Fit, path: Path, memory: str, limit: Limit) -> Ran:
    limit.enter()
    # What is kept for every row lies next to the file when it is large.
    tempfile.tempdir = str(path.parent)
    rows = CountedRows(open_rows(np.load(path, mmap_mode="r"), memory=memory))
    before, start = _read_from_disk(), time.perf_counter()
    fit.run(rows)
    seconds = time.perf_counter() - start
    tally = rows.tally
    from_disk = _read_from_disk() - before
    return Ran(seconds, tally, tally.n_bytes(rows.rows), from_disk, resident_peak())


def _read_from_disk() -> int:
    """Return the bytes that this process asked the disk for, or 0: not known."""
    return proc_number("io", r"^read_bytes: (\d+)$")
