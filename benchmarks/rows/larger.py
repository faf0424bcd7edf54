"""A file that is four times as large as the memory that a fit may hold."""

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import latentia
from latentia.benchmarks.results import LATENTIA, Bar, MethodResult, Quantity, Size
from latentia.benchmarks.rows.budget import (
    Limit,
    memory_limit,
    read_from_disk,
    resident_peak,
)
from latentia.benchmarks.rows.comparing import IN_MEMORY, SPEEDUP
from latentia.benchmarks.rows.counted import CountedRows, Tally
from latentia.benchmarks.rows.disk import forget, read_rate, require_room
from latentia.benchmarks.rows.made import write_rows
from latentia.benchmarks.runner import Found, Step, limits_step
from latentia.benchmarks.timing import in_fresh_process, interleaved
from latentia.rows import as_rows
from latentia.rows.chunked import open as open_rows

N_FEATURES = 256

_GB, _GIB, _MIB = 10**9, 2**30, 2**20
_SLACK = 1.3  # on the time that reading alone takes
_PEAK, _OVER_BOUND = "peak memory", "time over bound"


@dataclass(frozen=True, slots=True)
class Setting:
    """How large the file is, what a fit may hold, and what it is told that it may.

    The interpreter and its libraries take a fifth of a GB that is no one's choice.
    """

    n_rows: int
    budget: int
    memory: str
    slices: int
    repeats: int
    judged: bool

    @property
    def n_bytes(self) -> int:
        """Of the rows."""
        return self.n_rows * N_FEATURES * 4

    @property
    def slice_rows(self) -> int:
        """Rows of the slice that is fitted in memory."""
        return self.n_rows // self.slices


SETTINGS: dict[Size, Setting] = {
    "small": Setting(200_000, 512 * _MIB, "64MB", 4, 1, judged=False),
    "full": Setting(3 * 2**22, 3 * _GIB, "2GB", 12, 2, judged=True),
}


@dataclass(frozen=True, slots=True)
class Fit:
    """An estimator and how it is called; it can be sent to another process."""

    name: str
    estimator: Callable[[], Any]
    call: str = "fit"

    def __call__(self, X: Any) -> None:
        """Fit it, whether or not it converges."""
        with warnings.catch_warnings():
            # One iteration is not meant to converge.
            warnings.simplefilter("ignore", ConvergenceWarning)
            getattr(self.estimator(), self.call)(X)


_ONE: dict[str, Any] = {"max_iter": 1, "tol": 0, "random_state": 0}
FITS = (
    Fit("PCA, 50 components", partial(latentia.PCA, 50, random_state=0)),
    Fit("mixture of 10, 1 iteration", partial(latentia.GaussianMixture, 10, **_ONE)),
    Fit(
        "NMF, 20 parts, 1 iteration",
        partial(latentia.NMF, 20, **_ONE),
        call="fit_transform",
    ),
)


@dataclass(frozen=True, slots=True)
class Ran:
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
    setting: Setting = field(init=False)

    def __post_init__(self) -> None:
        """Take the setting of the size."""
        self.setting = SETTINGS[self.size]

    def steps(self) -> Iterator[Step]:
        """List the fits, and what was measured of the file."""
        for fit in FITS:
            yield Step(f"{fit.name}, of {self._shape}", partial(self.run, fit))
        yield limits_step("sequential read of the file", self._limits)

    def run(self, fit: Fit) -> Found:
        """Fit the file under the limit, and a slice of it in memory."""
        tally, in_memory = self._in_memory(fit)
        case = f"{fit.name}, of {self._shape}"
        forget(self.path)
        with memory_limit(self.setting.budget) as limit:
            try:
                ran = in_child(fit, self.path, self.setting.memory, limit)
            except BrokenProcessPool:
                stayed = Quantity(0, bar=Bar("≥", 1))
                return Found(limits={f"{case}: ended within {limit.kind}": stayed})
        passes = ran.tally.passes / max(tally.passes, 1)
        scale = self.setting.n_rows / self.setting.slice_rows * passes
        scaled = [seconds * scale for seconds in in_memory]
        compute = float(np.median(scaled))
        return Found(
            [
                MethodResult(case, LATENTIA, (ran.seconds,), self._judge(ran, compute)),
                MethodResult(
                    case, IN_MEMORY, tuple(scaled), {SPEEDUP: Quantity(1, "×")}
                ),
            ]
        )

    @property
    def _shape(self) -> str:
        n_rows = self.setting.n_rows
        return f"{n_rows}×{N_FEATURES} float32, {self.setting.n_bytes / _GB:.3g} GB"

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
        rows = np.array(np.load(self.path, mmap_mode="r")[: self.setting.slice_rows])
        runs = {IN_MEMORY: partial(_counted, fit, rows)}
        timing = interleaved(runs, repeats=self.setting.repeats)[IN_MEMORY]
        return timing.result, timing.times

    def _judge(self, ran: Ran, compute: float) -> dict[str, Quantity]:
        bound = _SLACK * ran.bytes_read / (self.rate.value * _GB) + compute
        over = Bar("≤", 1) if self.setting.judged else None
        peak = Bar("≤", self.setting.budget / _MIB) if self.setting.judged else None
        measures = {
            SPEEDUP: Quantity(compute / ran.seconds, "×"),
            "passes": Quantity(ran.tally.passes, "reads"),
            "bytes read": Quantity(ran.bytes_read / _GB, "GB"),
            "from the disk": Quantity(ran.from_disk / _GB, "GB"),
            "bound": Quantity(bound, "s"),
            _OVER_BOUND: Quantity(ran.seconds / bound, "×", over),
            _PEAK: Quantity(ran.peak / _MIB, "MiB", peak),
        }
        unknown = () if ran.peak else (_PEAK, "from the disk")
        return {name: q for name, q in measures.items() if name not in unknown}

    def _limits(self) -> dict[str, Quantity]:
        with memory_limit(self.setting.budget) as limit:
            budget = f"memory budget, kept by {limit.kind}"
        return {
            "sequential read of the file, cold": self.rate,
            budget: Quantity(self.setting.budget / _MIB, "MiB"),
        }


def in_child(fit: Fit, path: Path, memory: str, limit: Limit) -> Ran:
    """Fit a .npy file in a process of its own, under the limit.

    Parameters
    ----------
    fit : Fit
    path : Path
    memory : str
        What ``latentia.rows.open`` is told.
    limit : Limit

    Returns
    -------
    Ran

    Raises
    ------
    BrokenProcessPool
        If the system ended the process: it needed more.
    """
    return in_fresh_process(_fit_file, fit, path, memory, limit)


def _counted(fit: Fit, X: Any) -> Tally:
    rows = CountedRows(as_rows(X))
    fit(rows)
    return rows.tally


def _fit_file(fit: Fit, path: Path, memory: str, limit: Limit) -> Ran:
    limit.enter()
    # What is kept for every row lies beside the file when it is large.
    tempfile.tempdir = str(path.parent)
    rows = CountedRows(open_rows(np.load(path, mmap_mode="r"), memory=memory))
    before, start = read_from_disk(), time.perf_counter()
    fit(rows)
    seconds = time.perf_counter() - start
    tally = rows.tally
    from_disk = read_from_disk() - before
    return Ran(seconds, tally, tally.n_bytes(rows.rows), from_disk, resident_peak())
